#pragma once

#include <exception>
#include <new>
#include <string>

#include "mrnn/error.hpp"

namespace mrnn {

/// Calls code of a plugin. Errors of ours pass as they are; whatever else it throws becomes a RunError that says whose
/// it was.
/// @param whose  `the task`, `manipulation "m"`
template <class Call>
auto call_plugin(const std::string& whose, const Call& call) {
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    throw RunError(whose + ": " + (text.empty() ? "it failed without saying why" : text));
  } catch (...) {
    throw RunError(whose + ": it threw something that is not an exception");
  }
}

}  // namespace mrnn
