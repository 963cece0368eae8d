/** Sliders and sortable tables. Without it the page shows all pictures side by side. */
export const SCRIPT = `
for (const card of document.querySelectorAll(".card")) {
  const slider = card.querySelector("input");
  const stage = card.querySelector(".stage");
  const divider = card.querySelector(".divider");
  const images = [...card.querySelectorAll("img")];
  const buttons = [...card.querySelectorAll(".ticks button")];
  const show = () => {
    const value = Number(slider.value);
    let edge = 0;
    images.forEach((image, i) => {
      if (i === 0) return;
      const part = Math.min(Math.max(value - 100 * (i - 1), 0), 100);
      image.style.clipPath = "inset(0 " + (100 - part) + "% 0 0)";
      if (part > 0 && part < 100) edge = part;
    });
    divider.style.left = edge + "%";
    divider.style.opacity = edge > 0 ? 1 : 0;
    for (const button of buttons) button.classList.toggle("on", Number(button.dataset.to) === value);
  };
  slider.addEventListener("input", show);
  for (const button of buttons) {
    button.addEventListener("click", () => { slider.value = button.dataset.to; show(); });
  }
  // Over the picture itself the pointer wipes between the two neighbours of the present view.
  let base = null;
  const wipe = (event) => {
    if (base === null) return;
    const box = stage.getBoundingClientRect();
    slider.value = base + Math.round(100 * Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1));
    show();
  };
  stage.addEventListener("pointerdown", (event) => {
    base = Math.min(100 * Math.floor(Number(slider.value) / 100), Number(slider.max) - 100);
    stage.setPointerCapture(event.pointerId);
    wipe(event);
  });
  stage.addEventListener("pointermove", wipe);
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { base = null; });
  card.show = (value) => { slider.value = value; show(); };
  show();
}
for (const button of document.querySelectorAll(".all button")) {
  button.addEventListener("click", () => {
    for (const card of document.querySelectorAll(".card")) card.show(button.dataset.to);
  });
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [a, b].map((row) => row.cells[column].textContent);
        const order = column === 0 ? y.localeCompare(x) : Number(x) - Number(y);
        return descending ? -order : order;
      });
      body.append(...rows);
    });
  });
}
`;
