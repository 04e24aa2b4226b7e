// Made by `npm run build` in clients/monitor.
&[
    ("assets/index-B45cVXWo.js", include_bytes!("assets/index-B45cVXWo.js")),
    ("assets/index-C6vtlkX3.css", include_bytes!("assets/index-C6vtlkX3.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
]
