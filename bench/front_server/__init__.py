"""Which server in front of Flask: gunicorn's threads or granian? `python -m bench.front_server`."""
