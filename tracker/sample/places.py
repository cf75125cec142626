"""Places of the reference year: sites, provinces, and counties by their pinyin names. Which broadcast
went to which county is illustrative."""

from __future__ import annotations

from collections.abc import Mapping

OFFICES = (
    "beijing-hq",
    "shanghai-office",
    "guangzhou-office",
    "hangzhou-office",
    "shenzhen-office",
    "wuhan-office",
    "chengdu-office",
)

DATA_CENTRES: Mapping[str, int] = {"north-china-data-centres": 18, "south-china-data-centres": 3}
"""Sites of leased data centres, and how many each stands for."""

PROVINCES = (
    *("hebei", "shanxi", "inner_mongolia", "liaoning", "jilin", "heilongjiang", "jiangsu", "zhejiang", "anhui"),
    *("fujian", "jiangxi", "shandong", "henan", "hubei", "hunan", "guangdong", "guangxi", "hainan", "chongqing"),
    *("sichuan", "guizhou", "yunnan", "shaanxi", "gansu", "xinjiang"),
)
"""The provinces with officials' accounts."""

COUNTIES: Mapping[str, tuple[str, ...]] = {
    "hubei": ("lichuan", "enshi", "shiyan", "yunyang-hubei", "badong", "xuanen", "zigui", "fangxian"),
    "hebei": ("fuping", "laiyuan", "weichang", "kangbao", "zhangbei"),
    "shanxi": ("daning", "fenxi", "pianguan", "jingle"),
    "henan": ("xunxian", "lushi", "xixia", "songxian", "luanchuan"),
    "shaanxi": ("zhashui", "pingli", "baihe", "yanchuan"),
    "gansu": ("minqin", "lixian", "huining", "dongxiang"),
    "guizhou": ("rongjiang", "leishan", "zhenfeng", "shuicheng", "congjiang"),
    "yunnan": ("longling", "mengla", "yongsheng", "huize"),
    "sichuan": ("leibo", "ganluo", "muli", "yanyuan", "zhaojue"),
    "jiangxi": ("huichang", "xunwu", "shicheng", "ningdu"),
    "anhui": ("dangshan", "jinzhai", "shucheng", "yuexi"),
    "guangxi": ("lingyun", "leye", "rongshui", "sanjiang"),
    "inner_mongolia": ("horqin", "zhuozi", "shangdu", "wuchuan"),
    "chongqing": ("fengjie", "wushan", "chengkou", "youyang"),
    "heilongjiang": ("raohe", "tongjiang", "hailun", "lindian"),
    "jilin": ("antu", "wangqing", "zhenlai", "tongyu"),
}

XINJIANG = (
    *("shule", "shufu", "yingjisha", "zepu", "shache", "yecheng", "maigaiti"),
    *("yuepuhu", "jiashi", "bachu", "hetian", "moyu", "luopu", "yutian"),
)

HUNAN = (
    *("shaoyang", "longhui", "dongkou", "suining", "xinning", "chengbu", "wugang", "xinshao", "pingjiang", "shimen"),
    *("cili", "sangzhi", "yongding", "wulingyuan", "anhua", "yizhang", "rucheng", "guidong", "anren", "yanling"),
    *("chaling", "xintian", "jianghua", "ningyuan", "jiangyong", "shuangpai", "yuanling", "chenxi", "xupu"),
    *("huitong", "mayang", "xinhuang", "zhijiang", "jingzhou", "tongdao", "zhongfang", "hongjiang", "hecheng"),
    *("xinhua", "lianyuan", "shuangfeng", "luxi", "fenghuang", "baojing", "guzhang", "yongshun", "longshan"),
    *("huayuan", "jishou", "qidong", "shaodong"),
)


def counties(count: int, *, start: int = 0) -> list[tuple[str, str]]:
    """``count`` different (province, county), taking provinces in turn and beginning with the one at ``start``."""
    names = [*COUNTIES]
    names = names[start:] + names[:start]
    longest = max(map(len, COUNTIES.values()))
    rows = [(name, COUNTIES[name][row]) for row in range(longest) for name in names if row < len(COUNTIES[name])]
    return rows[:count]
