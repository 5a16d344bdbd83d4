"""The staging lab: a real Puppet server and real systemd nodes on one machine.

>>> from generator.lab import Lab
>>> Lab().address('tts1')
'10.77.0.11'
"""

from generator.lab.agent import AgentRun
from generator.lab.lab import Lab, NodeStatus

__all__ = ["AgentRun", "Lab", "NodeStatus"]
