// Made by `npm run build` in clients/monitor.
&[
    ("assets/index-Dgzf9x4G.js", include_bytes!("assets/index-Dgzf9x4G.js")),
    ("assets/index-PuNKWh8l.css", include_bytes!("assets/index-PuNKWh8l.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
]
