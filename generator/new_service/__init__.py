"""A service's definition from its git repository, of which nothing is run: ``fleet new``.

:mod:`.files` reads a commit, :mod:`.entry` finds what starts, :mod:`.arguments` its flags, :mod:`.project`,
:mod:`.hints` and :mod:`.code` what it needs; :mod:`.draft` makes a definition of that, :mod:`.text` its file,
and :mod:`.write` puts it in place with its module.
"""
