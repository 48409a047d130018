-- A notification that has to be told, or was told not long ago.
CREATE TABLE notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    robot TEXT NOT NULL,
    group_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    body TEXT,                          -- as webhook.dump writes it; NULL once delivered
    received REAL NOT NULL,             -- all times in seconds since the epoch
    seen REAL NOT NULL,                 -- when Alertmanager has last sent it
    finished REAL,                      -- when it was delivered or died
    tries INTEGER NOT NULL DEFAULT 0,   -- refusals so far
    alone INTEGER NOT NULL DEFAULT 0,   -- 1: shares no message
    batch INTEGER,                      -- told by the messages of this batch
    reason TEXT                         -- why it died
);
CREATE INDEX waiting ON notification (robot, state, batch);
CREATE INDEX of_group ON notification (robot, group_key);

-- The last that was heard of each alert, to know what is new. Goes with its notification.
CREATE TABLE alert (
    robot TEXT NOT NULL,
    group_key TEXT NOT NULL,
    identity TEXT NOT NULL,
    status TEXT NOT NULL,
    notification INTEGER NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
    PRIMARY KEY (robot, group_key, identity)
) WITHOUT ROWID;
CREATE INDEX of_notification ON alert (notification);

-- What is being told: deleted as soon as the robot has accepted it.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    robot TEXT NOT NULL,
    batch INTEGER NOT NULL,
    first INTEGER NOT NULL,             -- 1: the first message of its batch
    key TEXT NOT NULL,                  -- the same each time that it is sent
    body TEXT NOT NULL,                 -- as messages.Message.dump writes it
    sent REAL,                          -- when it was first sent
    doubtful INTEGER NOT NULL DEFAULT 0 -- 1: sent, and it is not certain that the robot lacks it
);
CREATE INDEX of_robot ON message (robot, id);

-- pace.Progress, so that restarts do not break a robot's limits.
CREATE TABLE progress (
    robot TEXT PRIMARY KEY,
    tokens REAL NOT NULL,
    at REAL NOT NULL,
    not_before REAL NOT NULL,
    failures INTEGER NOT NULL
);
