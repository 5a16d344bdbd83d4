"""Switch, roll back and report the releases of this node's services.

Python 3.9 and its standard library only: this runs on the Python of the node's system.
"""
