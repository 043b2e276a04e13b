//! SWMM's keywords, as kinds.

use serde::{Deserialize, Serialize};

macro_rules! word_enum {
    ($(#[$m:meta])* $name:ident { $($v:ident = $w:literal),* $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are SWMM's keywords")]
        pub enum $name { $($v),* }
        impl $name {
            pub(crate) const WORDS: &'static [(&'static str, Self)] = &[$(($w, Self::$v)),*];
        }
    };
}

word_enum!(
    /// 演算方法.
    Routing { None = "NONE", Steady = "STEADY", Kinematic = "KINWAVE", Extended = "XKINWAVE", Dynamic = "DYNWAVE" }
);
word_enum!(
    /// 下渗模型.
    Infiltration {
        Horton = "HORTON",
        ModifiedHorton = "MODIFIED_HORTON",
        GreenAmpt = "GREEN_AMPT",
        ModifiedGreenAmpt = "MODIFIED_GREEN_AMPT",
        CurveNumber = "CURVE_NUMBER",
    }
);
word_enum!(
    /// 惯性项阻尼.
    Damping { None = "NONE", Partial = "PARTIAL", Full = "FULL" }
);
word_enum!(
    /// 正常流限制.
    NormalFlow { Slope = "SLOPE", Froude = "FROUDE", Both = "BOTH", None = "NONE" }
);
word_enum!(
    /// 超载算法.
    Surcharge { Extran = "EXTRAN", Slot = "SLOT" }
);
word_enum!(
    /// Rain is written as …
    RainForm { Intensity = "INTENSITY", Volume = "VOLUME", Cumulative = "CUMULATIVE" }
);
word_enum!(
    /// 内部汇流: where one part's runoff goes.
    InternalRouting { Outlet = "OUTLET", Impervious = "IMPERV", Pervious = "PERV" }
);
word_enum!(
    /// 模式: what a pattern's factors follow.
    PatternKind { Monthly = "MONTHLY", Daily = "DAILY", Hourly = "HOURLY", Weekend = "WEEKEND" }
);
word_enum!(
    /// 曲线类别.
    CurveKind {
        Storage = "STORAGE",
        Diversion = "DIVERSION",
        Tidal = "TIDAL",
        Rating = "RATING",
        Control = "CONTROL",
        Shape = "SHAPE",
        Weir = "WEIR",
        Pump1 = "PUMP1",
        Pump2 = "PUMP2",
        Pump3 = "PUMP3",
        Pump4 = "PUMP4",
        Pump5 = "PUMP5",
    }
);
word_enum!(
    /// 堰型.
    WeirKind {
        Transverse = "TRANSVERSE",
        SideFlow = "SIDEFLOW",
        VNotch = "V-NOTCH",
        Trapezoidal = "TRAPEZOIDAL",
        Roadway = "ROADWAY",
    }
);
