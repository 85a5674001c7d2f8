"""Opens HTML files in Chromium: pictures in pieces that can be read, a PDF, and what a program can check of a look.

    python3 Tests/looks/browser.py FOLDER FILE.html…

Each file is opened 1280 and 390 pixels wide, light and dark, and as print. Chromium is driven over a pipe (the
protocol of its developer tools), since its window is never narrower than 500 pixels. Needs nothing but Python.
Prints a line for each finding and ends with 1 if there are some.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

PIECE = 1500  # pixels of height

CHECKS = r"""
(() => {
  const found = [];
  const shown = (element) => element.getClientRects().length > 0;
  const figure = (element) => element.closest("figure, section")?.id || "page";
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) found.push(`page is ${root.scrollWidth} px wide in ${innerWidth}`);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  for (const chart of document.querySelectorAll("svg.chart")) {
    if (!shown(chart)) continue;
    const frame = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll("text")].filter((text) => text.textContent.trim())
      .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    texts.forEach(({ text, box }, index) => {
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 4
        || box.bottom > frame.bottom + 2) found.push(`${figure(chart)}: "${text}" leaves its chart`);
      for (const other of texts.slice(index + 1)) {
        if (meet(box, other.box)) found.push(`${figure(chart)}: "${text}" meets "${other.text}"`);
      }
    });
  }
  // HTML texts that their boxes cut.
  for (const cell of document.querySelectorAll("h1, h2, h3, h4, p, dt, dd, li, .value")) {
    if (shown(cell) && cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0
      && getComputedStyle(cell).display !== "inline") {
      found.push(`${figure(cell)}: "${cell.textContent.trim().slice(0, 40)}" is wider than its box`);
    }
  }
  return found;
})()
"""

FIRST_SCREEN = r"""
(() => {
  const view = [...document.querySelectorAll("h1, .comparison tbody td, figure, .multiples")]
    .filter((part) => { const box = part.getBoundingClientRect();
      return box.height > 0 && box.top < innerHeight - 40 && box.left < innerWidth - 10; });
  return view.filter((part) => part.matches("figure, .multiples"))
    .map((part) => part.dataset.chart || "multiples").join(" ");
})()
"""


class Browser:
    """A Chromium with one page."""

    def __init__(self, profile: str) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def descriptors() -> None:
            os.dup2(to_browser, 103), os.dup2(from_browser, 104)
            os.dup2(103, 3), os.dup2(104, 4)
            for number in (103, 104):
                os.close(number)

        self._process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=descriptors, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_browser), os.close(from_browser)
        self._rest, self._number = b"", 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.page("Page.enable")

    def _message(self) -> dict:
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 20)
            if not part:
                raise SystemExit("chromium has ended")
            self._rest += part
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self._out, text):]
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def page(self, method: str, **parameters: object) -> dict:
        return self.call(method, self._session, **parameters)

    def value(self, script: str) -> object:
        return self.page("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)["result"].get(
            "value")

    def show(self, path: str, width: int, height: int, scheme: str, media: str = "screen") -> None:
        self.page("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.page("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.page("Page.navigate", url="file://" + os.path.abspath(path))
        self.value("new Promise(done => { const look = () => document.readyState === 'complete'"
                   " ? requestAnimationFrame(() => done(1)) : setTimeout(look, 20); look(); })")

    def pictures(self, stem: str) -> int:
        size = self.page("Page.getLayoutMetrics")["cssContentSize"]
        count = 0
        for top in range(0, int(size["height"]), PIECE):
            clip = {"x": 0, "y": top, "width": size["width"], "height": min(PIECE, size["height"] - top), "scale": 1}
            data = self.page("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
            count += 1
            with open(f"{stem}-{count:02}.png", "wb") as file:
                file.write(base64.b64decode(data))
        return count

    def close(self) -> None:
        self.call("Browser.close")
        self._process.wait()


def main(folder: str, files: list[str]) -> int:
    os.makedirs(folder, exist_ok=True)
    findings = 0
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        for file in files:
            name = os.path.splitext(os.path.basename(file))[0]
            for width, height, scheme in ((1280, 900, "light"), (1280, 900, "dark"), (390, 844, "light"),
                                          (390, 844, "dark")):
                browser.show(file, width, height, scheme)
                first = browser.value(FIRST_SCREEN)
                found = browser.value(CHECKS)
                pieces = browser.pictures(f"{folder}/{name}-{width}-{scheme}")
                print(f"{name} {width} {scheme}: {pieces} pictures; first screen: {first or 'no figure'}")
                # Layout does not depend on colours.
                for line in found if scheme == "light" else []:
                    findings += 1
                    print(f"  {line}")
            # A4 less its margins of 1 cm.
            browser.show(file, 718, 1047, "dark", media="print")
            found = browser.value(CHECKS)
            browser.pictures(f"{folder}/{name}-print")
            for line in found:
                findings += 1
                print(f"  print: {line}")
            pdf = browser.page("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69,
                               preferCSSPageSize=True)["data"]
            with open(f"{folder}/{name}.pdf", "wb") as out:
                out.write(base64.b64decode(pdf))
        browser.close()
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
