"""A folder from which nodes without internet install releases; any web server hands it out.

git/ has a repository for each service, packages/ the wheels and sdists that simple/ is the index of,
python/ Pythons where uv looks for them, releases/ what was brought for which release, and weights/ what
`fleet weights mirror` fills.
"""

GIT = "git"
PACKAGES = "packages"
PAGES = "simple"
PYTHONS = "python"
RECORDS = "releases"
WEIGHTS = "weights"
