// Made by `npm run build` in clients/monitor.
&[
    ("assets/index-BlylqaI7.js", include_bytes!("assets/index-BlylqaI7.js")),
    ("assets/index-CgcTTCNR.css", include_bytes!("assets/index-CgcTTCNR.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
]
