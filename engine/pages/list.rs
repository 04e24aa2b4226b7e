// Made by `npm run build` in clients/demo.
&[
    ("assets/chat-BS6MQ2HO.css", include_bytes!("assets/chat-BS6MQ2HO.css")),
    ("assets/chat-DvxuMZLW.js", include_bytes!("assets/chat-DvxuMZLW.js")),
    ("assets/index-BmvwfrO6.css", include_bytes!("assets/index-BmvwfrO6.css")),
    ("assets/index-Caal_vNg.js", include_bytes!("assets/index-Caal_vNg.js")),
    ("assets/stay-D_vuKu0B.js", include_bytes!("assets/stay-D_vuKu0B.js")),
    ("assets/stick-BvvhPMNg.js", include_bytes!("assets/stick-BvvhPMNg.js")),
    ("assets/world-C9mHCqZb.js", include_bytes!("assets/world-C9mHCqZb.js")),
    ("chat.html", include_bytes!("chat.html")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("index.html", include_bytes!("index.html")),
    ("world.html", include_bytes!("world.html")),
]
