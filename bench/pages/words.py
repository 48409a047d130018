"""Lines of text as they stand on receipts, letters and notices, each with one right reading.

Chinese is simplified, without punctuation: its full-width marks and the ASCII ones look the same.
"""

from __future__ import annotations

import random

_NOUNS = (
    *("invoice", "order", "customer", "payment", "window", "garden", "station", "morning"),
    *("message", "engine", "harbour", "ticket", "market", "address", "kitchen", "journey"),
    *("number", "picture", "server", "version", "contract", "delivery", "summer", "bridge"),
)
_VERBS = (
    *("opens", "follows", "reaches", "returns", "needs", "covers", "keeps", "finds"),
    *("changes", "brings", "shows", "leaves", "measures", "carries", "passes", "joins"),
)
_ADJECTIVES = (
    *("quick", "former", "bright", "second", "regular", "quiet", "public", "narrow"),
    *("modern", "simple", "heavy", "annual", "early", "direct", "local", "golden"),
)

_PLACES = ("北京", "上海", "广州", "杭州", "成都", "南京", "武汉", "西安", "深圳", "青岛")
_WHO = ("公司", "学校", "医院", "银行", "商店", "图书馆", "研究所", "出版社", "博物馆", "火车站")
_WHEN = ("今天", "明年", "上午", "下周", "春天", "昨晚", "月底", "国庆节", "冬季", "周末")
_DOES = ("提供", "开始", "举办", "检查", "购买", "完成", "介绍", "发布", "支持", "安排")
_WHAT = (
    *("技术服务", "新型设备", "客户订单", "安全培训", "学生作品", "城市交通", "环境保护"),
    *("产品质量", "会议资料", "电子发票", "历史文化", "健康体检", "智能手机", "网络工程"),
)
_FIELDS = ("订单编号", "合计金额", "联系电话", "发票号码", "会员卡号", "商品数量")


def english(rng: random.Random) -> str:
    """A short sentence, a field with a number, or a heading."""
    kind = rng.random()
    if kind < 0.6:
        words = (
            f"The {rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)} {rng.choice(_VERBS)}",
            f"the {rng.choice(_NOUNS)}",
        )
        return " ".join(words[: rng.choice((1, 2, 2))])
    if kind < 0.85:
        return (
            f"{rng.choice(_NOUNS).capitalize()} {rng.randrange(10, 10000)}.{rng.randrange(100):02}"
        )
    return f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}".upper()


def chinese(rng: random.Random) -> str:
    """A short sentence, or a field with a number."""
    if rng.random() < 0.7:
        parts = [rng.choice(_WHEN), rng.choice(_PLACES), rng.choice(_WHO)]
        parts += [rng.choice(_DOES), rng.choice(_WHAT)]
        return "".join(parts[rng.choice((0, 0, 1, 2)) :])
    return f"{rng.choice(_FIELDS)}{rng.randrange(1000, 10**8)}"
