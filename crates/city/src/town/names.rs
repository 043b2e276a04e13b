//! Invented people: surnames and given names with their Latin spelling. Any likeness is chance.

use crate::dice::Dice;
use std::collections::BTreeSet;

const SURNAMES: [(&str, &str); 40] = [
    ("王", "Wang"),
    ("陈", "Chen"),
    ("吴", "Wu"),
    ("金", "Jin"),
    ("楼", "Lou"),
    ("朱", "Zhu"),
    ("骆", "Luo"),
    ("龚", "Gong"),
    ("傅", "Fu"),
    ("何", "He"),
    ("张", "Zhang"),
    ("李", "Li"),
    ("黄", "Huang"),
    ("刘", "Liu"),
    ("徐", "Xu"),
    ("虞", "Yu"),
    ("方", "Fang"),
    ("杨", "Yang"),
    ("毛", "Mao"),
    ("叶", "Ye"),
    ("周", "Zhou"),
    ("孙", "Sun"),
    ("赵", "Zhao"),
    ("蒋", "Jiang"),
    ("宗", "Zong"),
    ("丁", "Ding"),
    ("宋", "Song"),
    ("冯", "Feng"),
    ("鲍", "Bao"),
    ("贾", "Jia"),
    ("沈", "Shen"),
    ("童", "Tong"),
    ("马", "Ma"),
    ("杜", "Du"),
    ("胡", "Hu"),
    ("俞", "Yu"),
    ("郑", "Zheng"),
    ("施", "Shi"),
    ("潘", "Pan"),
    ("石", "Shi"),
];

const GIVEN: [(&str, &str); 48] = [
    ("伟", "Wei"),
    ("建明", "Jianming"),
    ("志强", "Zhiqiang"),
    ("丽娟", "Lijuan"),
    ("国平", "Guoping"),
    ("晓东", "Xiaodong"),
    ("海燕", "Haiyan"),
    ("文斌", "Wenbin"),
    ("俊杰", "Junjie"),
    ("春华", "Chunhua"),
    ("永康", "Yongkang"),
    ("雪芬", "Xuefen"),
    ("振宇", "Zhenyu"),
    ("一帆", "Yifan"),
    ("立新", "Lixin"),
    ("美玲", "Meiling"),
    ("云飞", "Yunfei"),
    ("德胜", "Desheng"),
    ("秀英", "Xiuying"),
    ("昌盛", "Changsheng"),
    ("佳怡", "Jiayi"),
    ("浩然", "Haoran"),
    ("红梅", "Hongmei"),
    ("江涛", "Jiangtao"),
    ("旭", "Xu"),
    ("敏", "Min"),
    ("磊", "Lei"),
    ("静", "Jing"),
    ("勇", "Yong"),
    ("超", "Chao"),
    ("慧敏", "Huimin"),
    ("向阳", "Xiangyang"),
    ("新民", "Xinmin"),
    ("玉兰", "Yulan"),
    ("福根", "Fugen"),
    ("小龙", "Xiaolong"),
    ("卫东", "Weidong"),
    ("泽宇", "Zeyu"),
    ("欣怡", "Xinyi"),
    ("明辉", "Minghui"),
    ("少华", "Shaohua"),
    ("金水", "Jinshui"),
    ("桂芳", "Guifang"),
    ("志远", "Zhiyuan"),
    ("梦洁", "Mengjie"),
    ("鹏", "Peng"),
    ("思远", "Siyuan"),
    ("宏伟", "Hongwei"),
];

/// A name and how it is signed in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) login: String,
}

/// `n` people, no two of one name or login.
pub(crate) fn people(seed: u64, n: usize) -> Vec<Named> {
    let mut dice = Dice::new(seed, "names");
    let mut pairs: Vec<(usize, usize)> =
        (0..SURNAMES.len()).flat_map(|s| (0..GIVEN.len()).map(move |g| (s, g))).collect();
    // A seeded shuffle (Fisher–Yates).
    for at in (1..pairs.len()).rev() {
        pairs.swap(at, dice.below(at + 1));
    }
    let mut logins = BTreeSet::new();
    let mut people = Vec::with_capacity(n);
    for (surname, given) in pairs {
        let (Some((s, s_en)), Some((g, g_en))) = (SURNAMES.get(surname), GIVEN.get(given)) else { continue };
        let login = format!("{}.{}", s_en.to_lowercase(), g_en.to_lowercase());
        if people.len() < n && logins.insert(login.clone()) {
            people.push(Named { name: format!("{s}{g}"), name_en: format!("{g_en} {s_en}"), login });
        }
    }
    people
}
