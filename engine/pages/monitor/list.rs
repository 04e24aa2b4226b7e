// Made by `npm run build` in clients/monitor.
&[
    ("assets/index-DCLrC7xY.js", include_bytes!("assets/index-DCLrC7xY.js")),
    ("assets/index-PuNKWh8l.css", include_bytes!("assets/index-PuNKWh8l.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
]
