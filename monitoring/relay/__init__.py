"""Alertmanager's webhook, spoken on to DingTalk, WeCom and Feishu group robots.

A notification comes in (`front`, `webhook`), is kept on disk (`store`), and is told by one courier
for each robot (`courier`), which merges what waits (`merge`, `compose`, `render`) and keeps to the
robot's limits (`pace`). What differs between robots is in `robots`. docs/relay.md says what is
guaranteed.

Runs in a container of its own: imports nothing of this repository outside this package.
"""
