// Every word of the page in both languages; what the controller says is shown as it is.
"use strict";

const WORDS = {
  en: {
    title: "Rollouts", language: "中文", unlock: "Enter token", lock: "Forget token",
    live: "live", away: "no connection, trying again", clusterAway: "the cluster does not answer",
    none: "No rollout has been begun: python -m rollout run MODEL --to VERSION",
    share: "Traffic", evidence: "Evidence", path: "E value on its way to the bound",
    rollBackBound: "roll back", passBound: "pass the step", noEvidence: "No evidence yet.",
    signal: "Signal", stable: "Stable", canary: "Canary", value: "E value", bound: "Bound",
    journal: "Journal", time: "Time (UTC)", phase: "Phase", why: "Why",
    pause: "Pause", resume: "Resume", promote: "Approve", abort: "Roll back",
    sure: "Take the new version back now?", token: "Token for commands",
    refused: "Refused: ", paused: "paused", of: "of",
    preflight: "preflight", testers: "testers only", step: "step", watch: "watched",
    back: "going back", done: "done", promoted: "promoted", "rolled back": "rolled back",
    refusedOutcome: "refused", left: "left",
  },
  zh: {
    title: "灰度发布", language: "English", unlock: "输入令牌", lock: "清除令牌",
    live: "实时", away: "连接中断,正在重试", clusterAway: "集群无响应",
    none: "还没有发布:python -m rollout run 模型 --to 版本",
    share: "流量", evidence: "证据", path: "E 值与判定线",
    rollBackBound: "回滚线", passBound: "通过线", noEvidence: "暂无证据。",
    signal: "信号", stable: "稳定版", canary: "灰度版", value: "E 值", bound: "判定线",
    journal: "日志", time: "时间(UTC)", phase: "阶段", why: "原因",
    pause: "暂停", resume: "继续", promote: "批准", abort: "回滚",
    sure: "现在就回滚新版本吗?", token: "操作令牌",
    refused: "被拒绝:", paused: "已暂停", of: "/",
    preflight: "发布前检查", testers: "仅测试人员", step: "灰度中", watch: "转正观察",
    back: "回滚中", done: "已结束", promoted: "已转正", "rolled back": "已回滚",
    refusedOutcome: "未开始", left: "已停手",
  },
};

let language = localStorage.getItem("language")
  || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

function word(key) {
  return WORDS[language][key === "refused" ? "refusedOutcome" : key] || key;
}
