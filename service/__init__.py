"""The serving container: a Flask front, Paddle worker processes, and the handlers they run.

The front never imports paddle (`predictor.run()` holds the interpreter lock); each worker process
has one set of predictors and one thread. Bytes travel between them in shared memory.
"""
