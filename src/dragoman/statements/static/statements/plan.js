// The release page: the moment is asked for only when it is wanted, and the dialog says it in words.
(() => {
  "use strict";
  const form = document.getElementById("plan");
  if (!form) return;
  const said = document.getElementById("sure-when");
  const draw = () => {
    const later = form.elements.when.value === "at";
    form.classList.toggle("plan-now", !later);
    const zone = form.elements.zone.value.split("/").pop().replaceAll("_", " ");
    said.textContent = later
      ? `${said.dataset.at} ${form.elements.day.value} at ${form.elements.hour.value} ${zone}.`
      : `${said.dataset.now}.`;
  };
  form.addEventListener("change", draw);
  form.addEventListener("input", draw);
  draw();
})();
