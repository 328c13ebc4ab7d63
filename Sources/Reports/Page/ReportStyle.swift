// How a report looks. Colours are M. Okabe and K. Ito's, which people tell apart whatever they see of colours; shapes and
// names say the same again.

enum ReportStyle {
    static let css = """
        :root { --paper: #fff; --ink: #1d2328; --faint: #5b6670; --grid: #dde2e6; --card: #f6f8f9; --warn: #8a4b00;
          --c0: #0072b2; --c1: #e69f00; --c2: #009e73; --c3: #cc79a7; --c4: #56b4e9; --c5: #b8a800; --c6: #d55e00;
          --c7: #4d5963; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181b; --ink: #e6eaed; --faint: #9aa6af;
          --grid: #343c42; --card: #1d2327; --warn: #ffb65c; --c0: #4aa3df; --c7: #a9b4bd; --c5: #f0e442; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1180px; padding: 16px; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.6em; line-height: 1.2; } h2 { font-size: 1.3em; margin-top: 2em; }
        h3 { font-size: 1.05em; margin: 0 0 4px; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0 0 16px; }
        dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
        .sections { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 14px;
          align-items: start; }
        section { background: var(--card); border-radius: 8px; padding: 14px; min-width: 0; }
        section.wide { grid-column: 1 / -1; }
        .caption { color: var(--faint); margin: 0 0 10px; font-size: .92em; }
        li.warning { color: var(--warn); }
        svg { display: block; width: 100%; max-width: 520px; height: auto; margin: 0 auto; overflow: visible; }
        svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
        svg .group { font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 5px; } svg .tick, svg .axis-name, svg .note { fill: var(--faint); }
        svg .note, svg .tick { font-size: 12px; }
        svg .on-bar { fill: #fff; font-weight: 600; stroke: #0007; stroke-width: 2px; paint-order: stroke; }
        svg .on-dark { fill: #fff; } svg .on-light { fill: #14181b; }
        .grid { stroke: var(--grid); } .axis { stroke: var(--faint); } .interval { stroke: var(--ink); stroke-width: 1.5; }
        .published { stroke: var(--ink); stroke-width: 3; }
        .halo { stroke: var(--card); stroke-width: 6; }
        .front { fill: none; stroke: var(--faint); stroke-dasharray: 5 4; }
        .roof { fill: none; stroke: var(--ink); stroke-width: 1.6; }
        .mark { stroke: var(--card); stroke-width: 1; }
        .c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); }
        .c4 { fill: var(--c4); } .c5 { fill: var(--c5); } .c6 { fill: var(--c6); } .c7 { fill: var(--c7); }
        .heat0 { fill: #eef6fb; } .heat1 { fill: #d9ebf6; } .heat2 { fill: #bfdcee; } .heat3 { fill: #9fcae4; }
        .heat4 { fill: #7ab4d7; } .heat5 { fill: #4f98c4; } .heat6 { fill: #2f7fb0; } .heat7 { fill: #1b6798; }
        .heat8 { fill: #0d4f7c; } .heat9 { fill: #053a60; }
        .scroll { overflow-x: auto; margin-bottom: 14px; }
        table { border-collapse: collapse; font-size: .92em; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding: 4px 0; }
        th, td { padding: 3px 10px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
        th { text-align: left; color: var(--faint); font-weight: 500; white-space: normal; vertical-align: bottom; }
        .number { text-align: right; }
        details { margin: 16px 0; } pre { overflow-x: auto; background: var(--card); padding: 10px; font-size: 12px; }
        @media print { body { max-width: none; padding: 0; } section { break-inside: avoid; border: 1px solid #ccc; }
          details { display: none; } .scroll { overflow: visible; } th, td { padding: 2px 5px; } }
        """
}
