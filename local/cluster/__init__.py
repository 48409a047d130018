"""A real Kubernetes cluster of two nodes, inside namespaces of its own.

One instance is one process tree in its own PID, mount and network namespace: nothing of it can
collide with another instance or with the machine, and the kernel removes every process, mount,
link and iptables rule of it when its first process ends.
"""
