/* What the page of a conversation does beyond HTML: copy code, find, load earlier messages in place, open what is folded
   around the target of a link. Without it the page reads and links as well. Every word comes from the page, translated. */
(() => {
    "use strict";

    const part = (name, root = document) => root.querySelector(`[data-aistore="${name}"]`);
    const transcript = part("transcript");
    if (!transcript) return;
    const words = transcript.dataset;
    const told = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

    const tell = (text) => {
        part("status").textContent = text;
    };

    const unfold = (element) => {
        for (let above = element; above; above = above.parentElement) {
            if (above.tagName === "DETAILS") above.open = true;
        }
    };

    /* Copy */

    const addCopyButtons = (root) => {
        for (const figure of root.querySelectorAll(".aistore-code")) {
            if (part("copy", figure)) continue;
            const button = document.createElement("button");
            button.type = "button";
            button.className = "aistore-copy";
            button.dataset.aistore = "copy";
            button.textContent = words.copy;
            figure.append(button);
        }
    };

    const copy = async (button) => {
        const code = button.closest(".aistore-code").querySelector("code");
        const text = code.textContent.replace(/\n$/, "");
        button.textContent = (await isCopied(text)) ? words.copied : words.notCopied;
        tell(button.textContent);
        setTimeout(() => {
            button.textContent = words.copy;
        }, 2000);
    };

    const isCopied = async (text) => {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch {
            return copiedByHand(text); // over plain http there is no clipboard
        }
    };

    const copiedByHand = (text) => {
        const box = document.createElement("textarea");
        box.value = text;
        box.className = "aistore-status";
        document.body.append(box);
        box.select();
        const done = document.execCommand("copy");
        box.remove();
        return done;
    };

    /* Links into the page */

    const showTarget = () => {
        const name = decodeURIComponent(location.hash.slice(1));
        const target = name && document.getElementById(name);
        if (target) {
            unfold(target);
            target.scrollIntoView();
            target.focus({ preventScroll: true });
            return;
        }
        // a message of another page or branch: the server knows where it stands
        const number = /^message-(\d{1,9})(?:-|$)/.exec(name);
        const asked = new URLSearchParams(location.search).get("at");
        if (number && asked !== number[1]) location.replace(`?at=${number[1]}#${name}`);
    };

    /* Earlier messages */

    const loadEarlier = async (link) => {
        if (link.getAttribute("aria-disabled")) return;
        link.setAttribute("aria-disabled", "true");
        tell(words.loading);
        const page = await fetched(link.href);
        link.removeAttribute("aria-disabled");
        if (!page) {
            tell(words.notLoaded);
            return;
        }
        const count = prepend([...part("transcript", page).children]);
        const next = part("earlier", page);
        if (next) link.href = new URL(next.getAttribute("href"), link.href).href;
        else link.remove();
        tell(told(words.loaded, { count }));
        find.look();
    };

    const fetched = async (address) => {
        try {
            const response = await fetch(address, { credentials: "same-origin" });
            const page = new DOMParser().parseFromString(await response.text(), "text/html");
            return response.ok && part("transcript", page) ? page : null;
        } catch {
            return null;
        }
    };

    /* Keeps what was in sight where it was. */
    const prepend = (articles) => {
        const first = transcript.firstElementChild;
        const before = first.getBoundingClientRect().top;
        const fresh = articles.filter((article) => !article.id || !document.getElementById(article.id));
        transcript.prepend(...fresh.map((article) => document.importNode(article, true)));
        addCopyButtons(transcript);
        window.scrollBy({ top: first.getBoundingClientRect().top - before, behavior: "instant" });
        (fresh.length ? transcript.children[fresh.length - 1] : first).focus({ preventScroll: true });
        return fresh.length;
    };

    /* Find, on this page; the form asks for all of them */

    const MOST = 1000;
    const PIECES = ".aistore-markdown, .aistore-text, .aistore-pre, .aistore-call-name, .aistore-sources li, .aistore-reference";

    const find = {
        input: document.getElementById("aistore-find"),
        ranges: [],
        at: -1,

        look() {
            const typed = this.input.value.trim().toLowerCase();
            this.ranges = typed ? [...rangesOf(typed)] : [];
            this.at = -1;
            this.show();
            return typed;
        },

        step(by) {
            if (!this.ranges.length) return;
            this.at = this.at < 0 && by < 0 ? this.ranges.length - 1 : this.at + by;
            this.at = (this.at + this.ranges.length) % this.ranges.length;
            const element = this.ranges[this.at].startContainer.parentElement;
            unfold(element);
            element.scrollIntoView({ block: "center" });
            this.show();
        },

        /* The first one in or below an element: where a link has led to. */
        stepInto(element) {
            const isThere = (range) =>
                element.contains(range.startContainer) ||
                element.compareDocumentPosition(range.startContainer) & Node.DOCUMENT_POSITION_FOLLOWING;
            this.at = this.ranges.findIndex(isThere) - 1;
            this.step(1);
        },

        show() {
            const count = this.ranges.length;
            const counted = count === MOST ? `${count}+` : count;
            const sentence = count ? told(words.found, { position: this.at + 1, count: counted }) : words.none;
            part("found").textContent = this.input.value.trim() ? sentence : "";
            for (const name of ["find-previous", "find-next"]) part(name).hidden = !count;
            if (!window.CSS?.highlights) return;
            CSS.highlights.set("aistore-found", new Highlight(...this.ranges));
            CSS.highlights.set("aistore-here", new Highlight(...this.ranges.slice(this.at, this.at + 1 || 0)));
        },
    };

    /* Across the borders of elements, so that a word found is found whatever part of it is bold. */
    function* rangesOf(typed) {
        let count = 0;
        for (const piece of transcript.querySelectorAll(PIECES)) {
            if (piece.parentElement.closest(PIECES)) continue;
            const nodes = textNodes(piece);
            const text = nodes.map((node) => node.data).join("").toLowerCase();
            for (let at = text.indexOf(typed); at >= 0; at = text.indexOf(typed, at + typed.length)) {
                const range = rangeIn(nodes, at, at + typed.length);
                if (range) yield range;
                if (++count === MOST) return;
            }
        }
    }

    const textNodes = (root) => {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
            node.parentElement.closest(".aistore-copy") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
        );
        const nodes = [];
        while (walker.nextNode()) nodes.push(walker.currentNode);
        return nodes;
    };

    const rangeIn = (nodes, start, end) => {
        const range = document.createRange();
        let passed = 0;
        for (const node of nodes) {
            const next = passed + node.data.length;
            if (passed <= start && start < next) range.setStart(node, start - passed);
            if (end <= next) {
                range.setEnd(node, end - passed);
                return range;
            }
            passed = next;
        }
        return null; // lower case was longer than the text
    };

    /* What people do */

    document.addEventListener("click", (event) => {
        const element = event.target.closest("[data-aistore]");
        const name = element?.dataset.aistore;
        if (name === "copy") copy(element);
        if (name === "find-next") find.step(1);
        if (name === "find-previous") find.step(-1);
        if (name === "earlier" && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            loadEarlier(element);
        }
    });

    let waiting;
    find.input.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => find.look(), 150);
    });

    /* Enter goes to the next one; where there is none on this page, the form goes out. */
    find.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        clearTimeout(waiting);
        if (find.at < 0) find.look();
        if (!find.ranges.length) return;
        event.preventDefault();
        find.step(event.shiftKey ? -1 : 1);
    });

    window.addEventListener("hashchange", showTarget);
    addCopyButtons(document);
    if (location.hash) showTarget();
    if (find.input.value) {
        find.look();
        const target = location.hash && document.getElementById(location.hash.slice(1));
        if (target) find.stepInto(target);
    }
})();
