"""Headless Chromium, which draws a page and says what a reader would see."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WAIT_S = 60
QUIET = (  # no call home, no first-run page; a container has neither a sandbox nor a graphics card
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,2400",
)


def programs() -> tuple[str, str] | None:
    """Chromium and its driver, where both are installed."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def chromium(profile: Path) -> Iterator["Browser"]:
    """A browser with an empty profile."""
    found = programs()
    assert found is not None, "there is no Chromium with its driver on this machine"
    options = ChromeOptions()
    options.binary_location = found[0]
    for word in (*QUIET, f"--user-data-dir={profile}"):
        options.add_argument(word)
    driver = Chrome(options=options, service=Service(found[1]))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


class Browser:
    """Opens pages and waits for their words: pages that a script draws are empty at first."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def read(self, url: str, *awaited: str) -> str:
        """The page's visible text, once it holds the awaited words; an AssertionError shows what it held instead."""
        self.driver.get(url)
        try:
            WebDriverWait(self.driver, WAIT_S).until(lambda _: all(word in self._text() for word in awaited))
        except Exception as error:
            raise AssertionError(f"{url} does not show {awaited}:\n{self._text()[:4000]}") from error
        return self._text()

    def picture(self, path: Path) -> None:
        """Keep what is on the screen, for people."""
        self.driver.save_screenshot(str(path))

    def _text(self) -> str:
        return str(self.driver.execute_script("return document.body ? document.body.innerText : ''"))
