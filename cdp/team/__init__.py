"""The people of the workspace: who they are, how they come and sign in, and how they leave."""
