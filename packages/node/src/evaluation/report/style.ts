export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf8;--panel:#fff;--ink:#1d1f23;--soft:#6a6f78;--line:#e3e0da;--accent:#b4460f;--system-0:#c2500f;--system-1:#2563eb;--system-2:#7c3aed;--system-3:#0f766e;--system-4:#be185d;--system-5:#65730b;--grey:#8b9099;--average:#a98442;--true:#15803d;--right:#15803d;--wrong:#c2500f}
@media(prefers-color-scheme:dark){:root{--paper:#15161a;--panel:#1e2026;--ink:#eceae6;--soft:#9da2ac;--line:#33363e;--accent:#ff9a5c;--system-0:#ff9150;--system-1:#76a5ff;--system-2:#b79aff;--system-3:#4fd1bf;--system-4:#f58ac0;--system-5:#c3cf5c;--grey:#9aa0aa;--average:#cfae6f;--true:#5cc98a;--right:#5cc98a;--wrong:#ff9150}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
body::before{content:"";display:block;height:6px;background:linear-gradient(90deg,#8b9099,#c2500f,#d8a526,#4d9a4f,#2f7fb8,#7a4fa3)}
main,header{max-width:1160px;margin:auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:20px;margin:48px 0 12px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:16px;margin:26px 0 2px}
h4{font-size:14px;margin:0 0 6px}
p{margin:.4em 0}
a{color:var(--accent)}
.facts{display:flex;flex-wrap:wrap;gap:4px 20px;margin:8px 0 0;padding:0;list-style:none;color:var(--soft)}
.facts b{color:var(--ink);font-weight:600;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:14px}
.warning{margin-top:16px;padding:10px 14px;border:1px solid var(--wrong);border-radius:8px;background:var(--panel)}
.note{color:var(--soft);font-size:14px}
.headlines{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(310px,100%),1fr));gap:14px;margin:18px 0}
.headline{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.headline h3{margin:0;font-size:13px;font-weight:600;color:var(--soft)}
.figure{margin:2px 0 8px;font-size:24px;font-weight:650;font-variant-numeric:tabular-nums}
.bar{display:grid;grid-template-columns:8.5em 1fr 3.8em;gap:8px;align-items:center;font-size:12.5px;line-height:1.7}
.bar-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar-track{height:8px;border-radius:4px;background:var(--line);overflow:hidden}
.bar-track span{display:block;height:100%;border-radius:4px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.bar-value{text-align:right;font-variant-numeric:tabular-nums}
.explanation{color:var(--soft);font-size:12.5px;margin:8px 0 0}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:10px}
.tall{max-height:480px;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:6px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
th:first-child{text-align:left}
tbody th{font-weight:500;position:sticky;left:0;background:var(--panel)}
thead th{position:sticky;top:0;background:var(--panel);z-index:1;color:var(--soft);font-weight:600}
thead th:first-child{left:0;z-index:2}
tbody td:first-of-type{font-weight:650}
.sortable tbody td:first-of-type{font-weight:400}
th button{all:unset;cursor:pointer}
th button:hover,th button:focus-visible{color:var(--accent)}
th[aria-sort=ascending] button::after{content:" ↑"}
th[aria-sort=descending] button::after{content:" ↓"}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:0 0 10px;padding:0;font-size:13.5px}
.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(430px,100%),1fr));gap:14px}
.chart{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.chart figcaption{font-size:13px;font-weight:600;margin-bottom:6px}
.chart svg{display:block;width:100%;height:auto;color:var(--soft)}
.chart text{font-size:12px;fill:currentColor}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(260px,100%),1fr));gap:18px 16px;margin-top:10px}
.card{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:10px;overflow:hidden;break-inside:avoid}
.stage{display:grid;grid-template-columns:repeat(var(--layers),1fr);gap:2px;background:var(--line)}
.stage img{display:block;width:100%;height:auto}
.card input,.ticks,.divider,.all{display:none}
.js .stage{position:relative;display:block;touch-action:pan-y;cursor:ew-resize;user-select:none}
.js .stage img{position:absolute;inset:0;height:100%;object-fit:cover;pointer-events:none}
.js .stage img:first-child{position:relative;height:auto}
.js .divider{display:block;position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:#fff;box-shadow:0 0 3px #0009;pointer-events:none}
.js .card input{display:block;width:calc(100% - 24px);margin:10px 12px 0;accent-color:var(--accent)}
.js .ticks{display:flex;justify-content:space-between;gap:6px;padding:0 12px}
.ticks button,.all button{all:unset;cursor:pointer;font-size:12px;color:var(--soft);padding:3px 2px;max-width:8.5em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.ticks button:hover,.ticks button:focus-visible,.ticks button.on,.all button:hover,.all button:focus-visible{color:var(--accent);text-decoration:underline;text-underline-offset:3px}
.js .all{display:flex;gap:14px;flex-wrap:wrap;font-size:13px;color:var(--soft)}
.all button{font-size:13px;padding:0}
.card figcaption{padding:8px 12px 11px;font-size:12.5px;line-height:1.55;color:var(--soft)}
.file{color:var(--ink);overflow-wrap:anywhere}
.right{color:var(--right);font-weight:600}
.wrong{color:var(--wrong);font-weight:600}
.confusion{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:22px;align-items:start}
.mistakes{margin:0;padding-left:1.7em;font-size:13.5px}
.count{color:var(--soft);white-space:nowrap}
.glossary{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:13.5px}
.glossary dt{font-weight:600}
.glossary dd{margin:0;color:var(--soft)}
.files{font-size:13px;overflow-wrap:anywhere}
footer{max-width:1160px;margin:40px auto 0;padding:14px 20px 40px;color:var(--soft);font-size:13px}
@media(max-width:640px){main,header{padding:0 14px}header{padding-top:20px}h1{font-size:23px}.confusion{grid-template-columns:1fr}.glossary{grid-template-columns:1fr;gap:0}.glossary dd{margin-bottom:8px}th,td{padding:6px 9px}tbody th{min-width:104px;max-width:38vw;white-space:normal;overflow-wrap:break-word}}
@media print{:root{--paper:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#ccc;--grey:#888}body{font-size:11px}nav,.card input,.ticks,.divider,.all{display:none!important}.js .stage{display:grid;grid-template-columns:repeat(var(--layers),1fr);gap:2px}.js .stage img,.js .stage img:first-child{position:static;height:auto;clip-path:none!important}.tall{max-height:none}.gallery{grid-template-columns:1fr 1fr}.headlines{grid-template-columns:repeat(3,1fr)}.charts{grid-template-columns:1fr 1fr}h2,h3{break-after:avoid}.chart,.headline,tr{break-inside:avoid}thead th,tbody th{position:static}}
`;
