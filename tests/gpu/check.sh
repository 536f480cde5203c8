#!/usr/bin/env bash
# Everything that a machine with an NVIDIA GPU can show, in one call and in less than ten minutes: builds for the GPU that
# is there, runs the parity tests, then many launches of all shapes, then a part of the tests under compute-sanitizer,
# measures the exchange between processors, and compares speeds (compare.py). A section that fails does not keep the next
# ones from running, but the exit status says so.
#
#   tests/gpu/check.sh [--output DIR] [--build DIR] [--budget SECONDS] [--total SECONDS] [--skip SECTION,...]
#                      [--python PYTHON] [--libraries DIR] [--cases "NAME ..."]
#
#   --output     log.txt, table.md (to be kept in docs/benchmarks), comparison.*: default gpu-check
#   --build      programs that were built elsewhere; nothing is configured or compiled
#   --budget     seconds for compare.py: default 240
#   --total      seconds for everything: default 540; what is left of it limits each section
#   --skip       of device, build, tests, launches, sanitizer, exchange, compare
#   --libraries  shared libraries that the programs need and the system lacks
#   --cases      for compare.py: default all
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
output=gpu-check build="" budget=240 total=540 skip="" python=python3 libraries="" cases=""
usage() { sed -n '2,/^set/p' "${BASH_SOURCE[0]}" | sed '$d; s/^# \{0,1\}//'; }
while [ $# -gt 0 ]; do
  if [ "$1" != --help ] && [ $# -lt 2 ]; then echo "check.sh: $1 lacks its value" >&2; exit 2; fi
  case $1 in
    --output) output=$2 ;; --build) build=$2 ;; --budget) budget=$2 ;; --total) total=$2 ;; --skip) skip=$2 ;;
    --python) python=$2 ;; --libraries) libraries=$2 ;; --cases) cases=$2 ;;
    --help) usage; exit 0 ;;
    *) echo "check.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift 2
done
mkdir -p "$output" && output=$(cd "$output" && pwd) || exit 2
log=$output/log.txt
rm -f "$output"/table.md "$output"/comparison.* && : >"$log"
if [ -n "$build" ]; then skip=$skip,build; build=$(cd "$build" && pwd) || exit 2; else build=$source/build-gpu; fi
export source build output python libraries
rows="" failed=0

skipped() { case ,$skip, in *,$1,*) return 0 ;; esac; return 1; }

# Seconds a section may take: what it asks for, as long as compare.py keeps its budget.
seconds_for() {
  local left=$((total - SECONDS - 15))
  if [ "$1" != compare ] && ! skipped compare; then left=$((left - budget)); fi
  echo $((left < $2 ? left : $2))
}

row() { rows+="| $1 | $2 | $3 |"$'\n'; }

# section NAME LIMIT COMMAND...: runs it within its time, into the log and onto the screen.
section() {
  local name=$1 limit started=$SECONDS status verdict
  limit=$(seconds_for "$1" "$2")
  shift 2
  if skipped "${name%% *}"; then row "$name" "left out" 0; return 0; fi
  printf '\n==== %s (at most %s s)\n' "$name" "$limit" | tee -a "$log"
  if [ "$limit" -lt 5 ]; then verdict="**no time left**" failed=1
  else
    timeout --kill-after=15 "$limit" "$@" </dev/null 2>&1 | tee -a "$log"
    status=${PIPESTATUS[0]}
    case $status in
      0) verdict=passed ;;
      77) verdict="could not run here" ;;
      124 | 137) verdict="**stopped after $limit s**" failed=1 ;;
      *) verdict="**failed** (status $status)" failed=1 ;;
    esac
  fi
  printf '==== %s: %s, %d s\n' "$name" "$verdict" $((SECONDS - started)) | tee -a "$log"
  row "$name" "$verdict" $((SECONDS - started))
}

# Our programs only: Python's libraries are its own.
ours() { if [ -n "$libraries" ]; then LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; else "$@"; fi; }

device() {
  nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,clocks.max.sm,power.limit --format=csv || return 1
  nvidia-smi | sed -n 3,4p
  nvcc --version 2>/dev/null | grep release || echo "nvcc is absent"
  ${CXX:-c++} --version 2>/dev/null | head -n 1 || true
  "$python" - <<'PYTHON'
import importlib, sys
print("python", sys.version.split()[0])
for name in ("numpy", "h5py", "torch", "jax", "mrnntorch"):  # read from the disk here, so that compare.py starts quickly
    try:
        module = importlib.import_module(name)
        print(name, getattr(module, "__version__", "found"))
    except Exception as why:
        print(name, "is absent:", why)
PYTHON
}

build_all() {
  local architecture generator=() status=0 target
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader --id=0 | tr -d '. ') || return 1
  command -v ninja >/dev/null && generator=(-G Ninja)
  cmake -S "$source" -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DMRNN_CUDA=ON -DMRNN_TESTS=ON \
    -DMRNN_BENCHMARKS=ON -DCMAKE_CUDA_ARCHITECTURES="$architecture" || return 1
  for target in cuda dataset compare_engine gpu_tests exchange; do
    cmake --build "$build" --parallel "$(nproc)" --target "$target" || { echo "$target was not built"; status=1; }
  done
  return "$status"
}

# Runs gpu_tests, under a tool where one is named. Where there is a device, a test that is skipped is no success.
gpu_tests() {
  local status
  export MRNN_CUDA_LIBRARY=$build/plugins/cuda.so
  ours "${@:2}" "$build/tests/gpu/gpu_tests" "$1" 2>&1 | tee "$output/tests.tmp"
  status=${PIPESTATUS[0]}
  if grep -q "skipped:" "$output/tests.tmp"; then status=1; fi
  # Some virtual machines hide what compute-sanitizer needs of the device.
  if [ "$status" -ne 0 ] && grep -q "Device not supported" "$output/tests.tmp"; then status=77; fi
  rm -f "$output/tests.tmp"
  return "$status"
}

sanitizer() {
  command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer is absent"; return 77; }
  # Looking for races takes far longer.
  local tests="[sanitizer]"
  if [ "$1" = racecheck ]; then tests="[racecheck]"; fi
  gpu_tests "$tests" compute-sanitizer --tool "$1" --error-exitcode 9 --print-limit 20
}

exchange() {
  [ -x "$build/tests/gpu/exchange" ] || { echo "there is no program tests/gpu/exchange"; return 77; }
  ours "$build/tests/gpu/exchange"
}

export -f ours device build_all gpu_tests sanitizer exchange

section device 120 bash -c device
section build 300 bash -c build_all
section tests 120 bash -c "gpu_tests [cuda]"
section launches 60 bash -c "gpu_tests [launches]"
section "sanitizer memcheck" 60 bash -c "sanitizer memcheck"
section "sanitizer synccheck" 60 bash -c "sanitizer synccheck"
section "sanitizer racecheck" 150 bash -c "sanitizer racecheck"
section exchange 60 bash -c exchange
arguments=(--build "$build" --output "$output")
[ -n "$libraries" ] && arguments+=(--libraries "$libraries")
read -ra chosen <<<"$cases"
[ ${#chosen[@]} -gt 0 ] && arguments+=(--cases "${chosen[@]}")
compare_seconds=$(seconds_for compare $((budget + 60)))
arguments+=(--budget $((compare_seconds - 40 < budget ? compare_seconds - 40 : budget)))
section compare "$compare_seconds" "$python" -u "$here/compare.py" "${arguments[@]}"

{
  echo "# GPU check"
  echo
  date +%F
  echo
  printf '| section | result | s |\n|---|---|---|\n%s' "$rows"
  for part in device exchange; do
    found=$(sed -n "/^==== $part (/,/^==== $part:/p" "$log" | sed '1d;$d')
    [ -n "$found" ] && printf '\n## %s\n\n```\n%s\n```\n' "${part^}" "$found"
  done
  [ -f "$output/comparison.md" ] && { printf '\n## Speed\n\n'; cat "$output/comparison.md"; }
} >"$output/table.md"
echo
cat "$output/table.md"
exit $failed
