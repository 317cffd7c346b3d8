// Light or dark: what the page around says, and when it changes.

/** Whether the page around is dark: JupyterLab, VS Code, a site and Colab say so; elsewhere what the system prefers counts. */
function isDark() {
  const body = document.body.dataset, html = document.documentElement;
  if (body.jpThemeLight) return body.jpThemeLight === "false";
  const stated = body.vscodeThemeKind || html.dataset.theme || html.getAttribute("theme");
  return stated ? /dark|contrast$/.test(stated) : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Let `root` be dark where the page is, now and later; `redraw` draws what has no style sheet. The answer ends it. */
export function followTheme(root, redraw) {
  let settling;
  function theme() {
    root.classList.toggle("dark", isDark());
    settle(40);
  }
  function settle(times) { // the page names its theme before the colours arrive, and tells nobody when they have
    redraw();
    clearTimeout(settling);
    if (times) settling = setTimeout(settle, 250, times - 1);
  }
  const themes = new MutationObserver(theme);
  for (const stating of [document.body, document.documentElement]) {
    themes.observe(stating, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "theme"] });
  }
  theme();
  return () => {
    themes.disconnect();
    clearTimeout(settling);
  };
}
