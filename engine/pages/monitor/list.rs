// Made by `npm run build` in clients/monitor.
&[
    ("assets/index-BuahuZGv.js", include_bytes!("assets/index-BuahuZGv.js")),
    ("assets/index-QgiyJ3bq.css", include_bytes!("assets/index-QgiyJ3bq.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
]
