// Comfort for who has JavaScript. Every page works without it.
"use strict";

document.documentElement.classList.add("scripted");

// <input data-filter="#list">: hides the items that hold none of what is typed.
for (const box of document.querySelectorAll("[data-filter]")) {
  const list = document.querySelector(box.dataset.filter);
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const group of list.querySelectorAll("[data-group]")) {
      let any = false;
      for (const item of group.querySelectorAll("[data-text]")) {
        item.hidden = !item.dataset.text.toLowerCase().includes(wanted);
        any ||= !item.hidden;
      }
      group.hidden = !any;
    }
  });
}

// <form data-unsaved>: asks before what was typed is left behind.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// A form is sent once: the second click of a double click does nothing. <form data-again> opens a file each time.
for (const form of document.querySelectorAll("form[method=post]:not([data-again])")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// <button data-copy="text">, hidden where there is no script.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
  });
}

// One menu is open at a time, and Escape closes it.
for (const menu of document.querySelectorAll(".top details")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// A filter that is a choice applies at once.
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// What went wrong is read first.
document.querySelector("[data-focus]")?.focus();
