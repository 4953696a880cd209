"""How a command reaches a host: local, ssh (Fabric) or fake, behind one narrow door."""
