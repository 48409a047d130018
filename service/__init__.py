"""The serving container.

`front` speaks HTTP in one process without paddle (`predictor.run()` holds the interpreter lock);
`workers` are the processes behind it, with one set of predictors and one thread each, and the queue
between them; in a worker a handler of `handlers` answers, with Paddle networks of `networks`.
"""
