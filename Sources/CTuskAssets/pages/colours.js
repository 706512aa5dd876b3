// Light or dark: the system's choice until the reader makes one.

/** Changes to the other. */
export function toggleTheme() {
    const root = document.documentElement;
    const isDark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    localStorage.setItem("tusk.theme", root.dataset.theme);
}
