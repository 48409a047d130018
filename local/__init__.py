"""The embedded platform: the real engine and a real two-node cluster on one Linux machine."""
