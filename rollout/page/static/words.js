// Every word of the page in both languages; what the controller says is shown as it is.
"use strict";

const WORDS = {
  en: {
    title: "Rollouts", language: "中文", unlock: "Enter token", lock: "Forget token",
    live: "live", away: "no connection, trying again", clusterAway: "the cluster does not answer",
    none: "No rollout has been begun: python -m rollout run MODEL --to VERSION",
    unbegun: "No rollout has been begun.",
    share: "Traffic", evidence: "Canary against stable", path: "E value on its way to the bound",
    against: "against the canary", for: "for the canary",
    rollBackBound: "roll back", passBound: "pass the step", noEvidence: "No evidence yet.",
    signal: "Bad answers", stable: "Stable", canary: "Canary", value: "E of {}",
    journal: "Journal", time: "Time (UTC)", phase: "Phase", why: "Why",
    alerts: "Alerts", noAlerts: "Nothing fires.", alertsAway: "Alertmanager does not answer.",
    pause: "Pause", resume: "Resume", promote: "Approve", abort: "Roll back",
    sure: "Take the new version back now?", token: "Token for commands",
    refusedBecause: "Refused: ", paused: "paused", acting: "being changed",
    preflight: "preflight", testers: "testers only", step: "step", watch: "watched",
    back: "going back", done: "done", promoted: "promoted", "rolled back": "rolled back",
    refused: "refused", left: "left",
    errors: "failed", gateway: "failed at the gateway", missed: "requests it should have had",
    slower: "slower than {} s", bad: "poor {}",
  },
  zh: {
    title: "灰度发布", language: "English", unlock: "输入令牌", lock: "清除令牌",
    live: "实时", away: "连接中断，正在重试", clusterAway: "集群无响应",
    none: "还没有发布：python -m rollout run 模型 --to 版本",
    unbegun: "还没有发布。",
    share: "流量", evidence: "灰度版对比稳定版", path: "E 值与判定线",
    against: "不利于灰度版", for: "有利于灰度版",
    rollBackBound: "回滚线", passBound: "通过线", noEvidence: "暂无证据。",
    signal: "异常应答", stable: "稳定版", canary: "灰度版", value: "E / {}",
    journal: "日志", time: "时间（UTC）", phase: "阶段", why: "原因",
    alerts: "告警", noAlerts: "没有告警。", alertsAway: "Alertmanager 无响应。",
    pause: "暂停", resume: "继续", promote: "批准", abort: "回滚",
    sure: "现在就回滚新版本吗？", token: "操作令牌",
    refusedBecause: "被拒绝：", paused: "已暂停", acting: "变更中",
    preflight: "发布前检查", testers: "仅测试人员", step: "灰度中", watch: "转正观察",
    back: "回滚中", done: "已结束", promoted: "已转正", "rolled back": "已回滚",
    refused: "未开始", left: "已停手",
    errors: "失败", gateway: "网关处失败", missed: "应得的请求",
    slower: "慢于 {} 秒", bad: "{} 不合格",
  },
};

let language = localStorage.getItem("language")
  || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

function word(key) {
  return WORDS[language][key] || key;
}

// What the judge calls a signal, in words: `slower_0.5` is "slower than 0.5 s".
function signal(name) {
  if (name === "share") return word("missed");
  const [family, detail] = name.split(/_(.*)/s);
  return word(family).replace("{}", detail);
}
