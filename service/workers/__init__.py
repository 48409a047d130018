"""Worker processes, the requests that wait for them, and the memory in which both meet."""
