"""What PuppetDB's record says: who runs what, since when, and why."""
