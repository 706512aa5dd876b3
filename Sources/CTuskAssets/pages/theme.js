// Sets the colours before anything is drawn. A classic script, so that the page does not flash.
(() => {
    try {
        const theme = localStorage.getItem("tusk.theme");
        if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    } catch {
        // Without storage the system's colours stay.
    }
})();
