"""The partner API: what every resource shares, and the resources about people."""
