"use strict";
// The picture of a ring. Every text goes in as text, never as markup.
(async () => {
  const box = document.getElementById("graph");
  const canvas = document.getElementById("canvas");
  const about = document.getElementById("about");
  if (!box || !canvas) return;
  // the page itself comes first: the picture is asked for once the text is on the screen, for its scripts, its layout
  // on the server and the start of WebGL would all compete with that; a page that nobody sees is never painted
  await new Promise((done) => {
    setTimeout(done, 2000);
    const watch = new PerformanceObserver((list) => {
      if (list.getEntriesByName("first-contentful-paint").length) done();
    });
    watch.observe({ type: "paint", buffered: true });
  });
  const answered = fetch(box.dataset.source, { credentials: "same-origin" });
  const load = (source) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = () => failed(new Error(source + " could not be loaded"));
    document.head.append(script);
  });
  const say = (lines) => { about.textContent = lines.join("\n"); about.hidden = lines.length === 0; };
  let data;
  try {
    const [answer] = await Promise.all([answered, ...box.dataset.scripts.split(" ").map(load)]);
    if (!answer.ok) throw new Error((await answer.json()).detail || answer.statusText);
    data = await answer.json();
  } catch (error) {
    say(["The picture could not be loaded: " + error.message]);
    return;
  }
  const graph = new graphology.Graph({ multi: true, type: "mixed" });
  data.nodes.forEach((node, key) => graph.addNode(key, {
    x: node.x, y: node.y, size: node.size, color: node.colour, label: node.label, about: node.about, member: node.member,
  }));
  data.edges.forEach((edge) => {
    const facts = { zIndex: edge.directed ? 1 : 0, size: edge.size, color: edge.colour, about: edge.about, type: edge.directed ? "arrow" : "line" };
    graph[edge.directed ? "addDirectedEdge" : "addUndirectedEdge"](edge.source, edge.target, facts);
  });
  let hovered = null;
  const chosen = [];
  let renderer;
  try {
    renderer = new Sigma(graph, canvas, {
      allowInvalidContainer: true, enableEdgeEvents: data.edges.length < 5000, labelSize: 12, labelColor: { color: "#1b2430" },
      labelRenderedSizeThreshold: data.nodes.length > 120 ? 9 : 4, labelDensity: 0.6, minCameraRatio: 0.02, maxCameraRatio: 4,
      zIndex: true, stagePadding: 40,
      nodeReducer: (key, node) => {
        const picked = chosen.includes(node.member) && node.member !== null;
        const near = hovered === null || key === hovered || graph.areNeighbors(key, hovered);
        if (picked) return { ...node, size: node.size * 1.8, highlighted: true, zIndex: 2 };
        return near ? node : { ...node, color: "#e3e8ee", label: null, zIndex: 0 };
      },
      edgeReducer: (key, edge) => hovered === null || graph.hasExtremity(key, hovered) ? edge : { ...edge, hidden: true },
    });
  } catch (error) {
    say(["This browser cannot draw the picture (no WebGL); the print view has one that needs none."]);
    return;
  }
  renderer.on("enterNode", ({ node }) => { hovered = node; say(graph.getNodeAttribute(node, "about")); renderer.refresh({ skipIndexation: true }); });
  renderer.on("leaveNode", () => { hovered = null; say([]); renderer.refresh({ skipIndexation: true }); });
  renderer.on("enterEdge", ({ edge }) => say(graph.getEdgeAttribute(edge, "about")));
  renderer.on("leaveEdge", () => say([]));
  renderer.on("clickNode", ({ node }) => {
    const member = graph.getNodeAttribute(node, "member");
    if (member === null) return;
    if (chosen.length === 2) chosen.length = 0;
    if (!chosen.includes(member)) chosen.push(member);
    document.getElementById(chosen.length === 1 ? "member-a" : "member-b").value = String(member);
    if (chosen.length === 2) document.querySelector("#pair form").requestSubmit();
    renderer.refresh({ skipIndexation: true });
  });
  const camera = renderer.getCamera();
  const moves = { in: () => camera.animatedZoom(), out: () => camera.animatedUnzoom(), fit: () => camera.animatedReset() };
  box.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => moves[button.dataset.zoom]()));
  const legend = document.getElementById("legend");
  data.legend.forEach((item) => {
    const mark = document.createElement("span");
    mark.className = "mark-text";
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const isLink = item.mark === "→";
    const facts = isLink ? { x: "0", y: "5", width: "18", height: "2" } : { cx: "6", cy: "6", r: "5" };
    dot.setAttribute("width", isLink ? "18" : "12"); dot.setAttribute("height", "12");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", isLink ? "rect" : "circle");
    Object.entries({ ...facts, fill: item.colour }).forEach(([key, value]) => shape.setAttribute(key, value));
    dot.append(shape);
    mark.append(dot, item.text);
    legend.append(mark);
  });
  const shown = document.createElement("em");
  shown.textContent = data.shown;
  legend.append(shown);
  renderer.once("afterRender", () => { box.dataset.drawn = String(data.nodes.length); performance.mark("graph-drawn"); });
  renderer.refresh();
})();
