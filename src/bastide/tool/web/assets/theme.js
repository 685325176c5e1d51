// Light or dark, before anything is drawn: what was chosen here before, or else what the host likes.
"use strict";
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("bastide-theme");
  } catch {
    // A browser that stores nothing: the choice lasts as long as the page.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
