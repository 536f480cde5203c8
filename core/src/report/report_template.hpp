#pragma once

namespace mrnn {

/// The report as a mustache template; report_page.cpp says what its tags stand for. Styles within, no scripts,
/// nothing loaded from elsewhere.
inline constexpr char report_template[] = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="mrnn {{version}}">
<title>{{title}}</title>
<style>
:root { color-scheme: light dark; --ink: #222; --soft: #666; --paper: #fff; --line: #ddd; --shade: #f6f6f4; --link: #0060a0; --exc: #b34700; --inh: #005f94; --note: #fdf3ec; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --soft: #a8a8a8; --paper: #16181b; --line: #3a3d42; --shade: #212429; --link: #7cc0f0; --exc: #f0a070; --inh: #7cc0f0; --note: #33261c; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 0.8rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 0.4rem; }
h2 small, h3 small { font-weight: normal; color: var(--soft); font-size: 0.85em; }
a { color: var(--link); }
nav { border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 1rem; margin: 1rem 0; font-size: 0.92rem; }
nav p { margin: 0 0 0.3rem; font-weight: bold; }
nav ul { list-style: none; margin: 0; padding: 0; columns: 15rem; }
nav li { break-inside: avoid; padding: 0.1rem 0; }
nav li li { font-size: 0.92em; padding-left: 1rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav ul ul { columns: auto; }
figure { margin: 1.2rem 0 1.8rem; }
figcaption { font-size: 0.9rem; color: var(--soft); margin-top: 0.5rem; }
figcaption b { color: var(--ink); }
.picture { overflow-x: auto; border-radius: 4px; }
.picture img { display: block; width: calc(var(--wide) * 1.2px); max-width: 100%; height: auto; background: #fff; }
.files { white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; min-width: 50%; overflow-wrap: normal; }
th, td { text-align: left; padding: 0.3rem 1rem 0.3rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th { border-bottom: 1px solid var(--soft); white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.size { white-space: nowrap; } .words { min-width: 14rem; }
.exc { color: var(--exc); } .inh { color: var(--inh); }
.note { border-left: 4px solid #d55e00; background: var(--note); padding: 0.5rem 0.8rem; margin: 0.8rem 0; }
pre { background: var(--shade); padding: 0.8rem 1rem; overflow-x: auto; font-size: 0.85rem; line-height: 1.45; overflow-wrap: normal; }
code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.92em; }
summary { cursor: pointer; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.85rem; }
@media (min-width: 84rem) {
main { max-width: 80rem; display: grid; grid-template: "contents head" auto "contents body" 1fr / 16rem minmax(0, 60rem); gap: 0 3rem; }
header { grid-area: head; } nav { grid-area: contents; } main > div { grid-area: body; }
nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; border-width: 0 1px 0 0; border-radius: 0; padding-left: 0; }
nav ul { columns: auto; }
}
@media (max-width: 45rem) { .picture img { width: calc(var(--wide) * 0.85px); min-width: min(100%, calc(var(--wide) * 1.2px)); max-width: none; } }
@media print {
:root { --ink: #000; --soft: #444; --paper: #fff; --line: #ccc; --shade: #f6f6f4; --link: #000; --exc: #b34700; --inh: #005f94; --note: #fff; }
body { font-size: 10pt; }
main { display: block; max-width: none; padding: 0; }
nav, .files, .animation { display: none; }
h2, h3 { break-after: avoid; }
figure, tr, .note { break-inside: avoid; }
.scroll, .picture { overflow: visible; }
.picture img { width: calc(var(--wide) * 0.6667pt); }
pre { white-space: pre-wrap; }
details > * { display: block; }
}
</style>
</head>
<body>
<main>
<header>
<h1>{{title}}</h1>
<p>{{summary_network}} {{summary_simulations}} {{summary_run}}</p>
{{#warnings}}<p class="note">{{.}}</p>
{{/warnings}}{{#failures}}<p class="note"><a href="#analysis-{{name}}">{{name}}</a> failed: {{failure}}</p>
{{/failures}}
</header>
<nav><p>Contents</p>
<ul>
<li><a href="#network">Network</a></li>
{{#has_training}}<li><a href="#training">Training</a><ul>
{{#training_figures}}<li><a href="#figure-{{stem}}">Fig. {{number}} {{heading}}</a></li>
{{/training_figures}}</ul></li>
{{/has_training}}<li><a href="#simulations">Simulations</a></li>
{{#analyses}}<li><a href="#analysis-{{name}}">{{name}}</a><ul>
{{#figures}}<li><a href="#figure-{{stem}}">Fig. {{number}} {{heading}}</a></li>
{{/figures}}</ul></li>
{{/analyses}}<li><a href="#results">Results</a></li>
<li><a href="#again">How to reproduce</a></li>
</ul></nav>
<div>
<h2 id="network">Network</h2>
{{#network_figures}}{{>figure}}{{/network_figures}}
<h3>Regions</h3>
<div class="scroll"><table>
<tr><th>region</th>{{#has_parents}}<th>part of</th>{{/has_parents}}<th class="number">units</th><th>cell types</th><th>sign</th><th>activation</th><th class="number">tau (ms)</th><th class="number">base firing</th></tr>
{{#regions}}<tr><td>{{name}}</td>{{#has_parents}}<td>{{parent}}</td>{{/has_parents}}<td class="number">{{units}}</td><td>{{cell_types}}</td><td class="{{sign_class}}">{{sign}}</td><td>{{activation}}</td><td class="number">{{tau}}</td><td class="number">{{base_firing}}</td></tr>
{{/regions}}</table></div>
{{#has_connections}}
<h3>Connections</h3>
<details{{#connections_open}} open{{/connections_open}}><summary>{{connection_count}}</summary>
<div class="scroll"><table>
<tr><th>from</th><th>to</th><th>sign</th><th class="number">weights</th><th class="number">density</th></tr>
{{#connections}}<tr><td>{{from}}</td><td>{{to}}</td><td class="{{sign_class}}">{{sign}}</td><td class="number">{{weights}}</td><td class="number">{{density}}</td></tr>
{{/connections}}</table></div>
</details>
{{/has_connections}}
{{#has_outputs}}
<h3>Outputs</h3>
<div class="scroll"><table>
<tr><th>output</th><th class="number">channels</th><th>reads</th><th>activation</th><th>readout</th></tr>
{{#outputs}}<tr><td>{{name}}</td><td class="number">{{units}}</td><td>{{from}}</td><td>{{activation}}</td><td>{{readout}}</td></tr>
{{/outputs}}</table></div>
{{/has_outputs}}

{{#has_training}}
<h2 id="training">Training</h2>
<div class="scroll"><table>
{{#training_facts}}<tr><td>{{name}}</td><td>{{value}}</td></tr>
{{/training_facts}}</table></div>
{{#training_figures}}{{>figure}}{{/training_figures}}
{{/has_training}}
<h2 id="simulations">Simulations</h2>
{{#has_simulations}}
<div class="scroll"><table>
<tr><th>simulation</th><th class="number">trials</th><th class="number">steps</th><th class="number">duration (ms)</th><th>noise</th><th>manipulations</th>{{#has_performance}}<th>performance</th>{{/has_performance}}</tr>
{{#simulations}}<tr><td>{{name}}</td><td class="number">{{trials}}</td><td class="number">{{steps}}</td><td class="number">{{duration}}</td><td>{{noise}}</td><td>{{manipulations}}</td>{{#has_performance}}<td>{{performance}}</td>{{/has_performance}}</tr>
{{/simulations}}</table></div>
{{/has_simulations}}
{{^has_simulations}}<p>None were run.</p>{{/has_simulations}}
{{#has_activity}}
<h3>Mean activity <small>over trials, steps and units (a.u.); silent: units whose activity is 0 throughout</small></h3>
<div class="scroll"><table>
<tr><th>region</th>{{#activity_columns}}<th class="number">{{.}}</th>{{/activity_columns}}</tr>
{{#activity_rows}}<tr><td>{{region}}</td>{{#means}}<td class="number">{{.}}</td>{{/means}}</tr>
{{/activity_rows}}</table></div>
{{/has_activity}}

{{#analyses}}
<h2 id="analysis-{{name}}">{{name}} <small>{{plugin}}{{#of}} of {{of}}{{/of}}</small></h2>
{{#failure}}<p class="note">This analysis failed: {{failure}}</p>
{{/failure}}{{#has_summary}}<ul>
{{#summary}}<li>{{.}}</li>
{{/summary}}</ul>
{{/has_summary}}{{#figures}}{{>figure}}{{/figures}}
{{/analyses}}
<h2 id="results">Results</h2>
<p>All numbers are in <a href="results.h5"><code>results.h5</code></a>, an HDF5 file. In Python:</p>
<pre><code>{{python}}</code></pre>
{{#has_arrays}}
<div class="scroll"><table>
<tr><th>array</th><th>shape</th><th>unit</th><th>what it is</th></tr>
{{#arrays}}<tr><td><code>{{path}}</code></td><td class="size">{{shape}}</td><td>{{units}}</td><td class="words">{{description}}</td></tr>
{{/arrays}}</table></div>
{{/has_arrays}}

<h2 id="again">How to reproduce</h2>
{{#command}}<pre><code>{{command}}</code></pre>
{{/command}}<p>{{conditions}}</p>
<div class="scroll"><table>
{{#versions}}<tr><td>{{name}}</td><td>{{value}}</td></tr>
{{/versions}}</table></div>
<details><summary>The configuration</summary>
<pre><code>{{config}}</code></pre>
</details>
{{#has_overrides}}<p>Overridden on the command line:</p>
<ul>{{#overrides}}<li><code>{{.}}</code></li>{{/overrides}}</ul>
{{/has_overrides}}
<footer>Written by mrnn {{version}}.</footer>
</div>
</main>
</body>
</html>
)html";

/// One figure of it.
inline constexpr char report_figure_template[] =
    R"html(<figure id="figure-{{stem}}"{{#animation}} class="animation"{{/animation}}>
{{#image}}{{#animation}}<details><summary>Show the animation: {{heading}}</summary>
{{/animation}}<div class="picture"><a href="{{folder}}/{{stem}}.svg"><img src="{{image}}" alt="{{alternative}}" style="--wide:{{wide}}"></a></div>
{{#animation}}</details>
{{/animation}}{{/image}}{{^image}}<p class="note">This figure was not drawn.</p>
{{/image}}<figcaption><b>Figure {{number}}.</b> {{caption}} <span class="files">{{#image}}<a href="{{folder}}/{{stem}}.svg">SVG</a> · {{/image}}{{#pdf}}<a href="{{folder}}/{{stem}}.pdf">PDF</a> · {{/pdf}}{{#png}}<a href="{{folder}}/{{stem}}.png">PNG</a> · {{/png}}<a href="{{folder}}/{{stem}}.csv">CSV</a></span></figcaption>
</figure>
)html";

}  // namespace mrnn
