"""A page in the browser that shows a running system: `bastide run NAME --web`.

`source.py` says what the page asks of a run, `feed.py` hands it to all browsers, `application.py` answers requests,
`guard.py` keeps everybody else out, and `server.py` is the thread that all of it lives in. What browsers get is in
`assets/`: plain modules without a build step, and under `assets/vendor` what comes from others.

Needs the extra `web`. Nothing here is imported, nor anything listened on, unless somebody asks for a page.
"""
