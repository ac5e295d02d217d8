"""The page that asks a browser for a login."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tailpipe: log in</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; }}
  label, input, button {{ display: block; width: 100%; box-sizing: border-box; font: inherit; }}
  input, button {{ padding: .5rem; margin: .2rem 0 1rem; }}
</style>
<h1>Tailpipe</h1>
{said}
<form method="post" action="/login?to={target}">
  <label for="user">User (leave it empty with a token)</label>
  <input id="user" name="user" autocomplete="username" autofocus>
  <label for="secret">Password or token</label>
  <input id="secret" name="secret" type="password" autocomplete="current-password" required>
  <button>Log in</button>
</form>
</html>
"""
_WRONG = '<p role="alert">That is not right.</p>'


def login_page(target: str, *, wrong: bool = False) -> str:
    """The page, which leads on to a path of this site."""
    return _PAGE.format(said=_WRONG if wrong else "", target=escape(quote(safe_target(target), safe="/")))


def safe_target(path: str) -> str:
    """The path if it is one of this site, else the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain and path != "/login" else "/"
