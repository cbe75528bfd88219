"""Chinese: the phrases of exercises about convolutional networks, one row each, and the words without a meaning here."""

# ruff: noqa: SIM905  (a list of words is read as a text)
from __future__ import annotations

from cnncalc.solve.ask.english import ZOO
from cnncalc.solve.ask.pattern import Lexicon
from cnncalc.solve.ask.rows import Language, Row, row

_FILTER = "[卷积核|过滤器|滤波器|核|卷积滤波器]"
_MAP = "[特征图|特征映射|映射|通道|输出通道|特征|卷积核|过滤器|滤波器|核|输出特征图|图]"
_IMAGE = "[图像|图片|图|输入图像|输入图片|输入|输入图|照片|输入特征图|特征图]"
_LAYER = "[层|操作|运算]?"
_POOL = "[池化|汇聚|下采样]"
_COUNT = "[个|张|幅|层|组|种|条|块|份|次]?"
_HOW = "[多少|几|多少个|总数|数量|数目|个数|总|总共多少|一共多少|有多少|几个]"
_MEMORY = "[内存|显存|ram|存储|存储空间|空间|字节]"
_NEED = "[需要|占用|占|占据|消耗|要|使用]"
_SIZE = "[尺寸|大小|形状|维度|分辨率|空间尺寸]"
_OUTPUT = "[输出|输出特征图|特征图|输出图|结果|输出图像|输出映射|特征映射]"
_DENSE = "[全连接|稠密|密集|全连接层|fc]"
_PIXEL = "[像素]?"

INPUTS: tuple[Row, ...] = (
    row(f"<size:size> {_PIXEL} [rgb|彩色] {_IMAGE}?", "input", channels=3),
    row(f"<size:size> {_PIXEL} [灰度|黑白|单通道] {_IMAGE}?", "input", channels=1),
    row(f"[rgb|彩色] {_IMAGE}?", "input", channels=3),
    row(f"[灰度|黑白|单通道] {_IMAGE}?", "input", channels=1),
    row(f"<size:size> {_PIXEL} {_IMAGE}", "input"),
    row("<size:size> 像素", "input"),
    row(f"{_IMAGE} {_SIZE}? <size:size> {_PIXEL}", "input"),
    row(f"{_IMAGE} {_SIZE}? <size:size> {_PIXEL} [rgb|彩色] [图像|图片]?", "input", channels=3),
    row("[输入|图像|输入图像|输入图片] [尺寸|大小|边长] <side:k>", "input"),
    row("输入 <side:n>", "input"),
    row("<channels:n> [个]? [输入通道|通道输入|通道图像]", "input"),
    row("输入 [有]? <channels:n> [个]? 通道", "input"),
    row("输入通道 [数]? <channels:n>", "input"),
    row("[三通道|三个通道]", "input", channels=3),
    row("<flat:n> [个]? [输入|输入神经元|输入单元]", "input"),
    row("长度 <length:n> [信号]", "input"),
)  # fmt: skip

LAYERS: tuple[Row, ...] = (
    row(f"<count:n> {_COUNT} [堆叠|连续|级联]? 卷积层", "layers", kind="conv"),
    row(f"<count:n> {_COUNT} [堆叠|连续|级联]? <kernel:size> [卷积层|卷积]", "layers", kind="conv"),
    row(f"卷积 {_LAYER}", "layer", kind="conv"),
    row(f"<kernel:size> 卷积 {_LAYER}", "layer", kind="conv"),
    row(f"<filters:n> [个]? <kernel:size> {_FILTER}", "filters"),
    row(f"<kernel:size> [最大|max] {_POOL} {_LAYER}", "layer", kind="maxpool"),
    row(f"<kernel:size> [平均|均值] {_POOL} {_LAYER}", "layer", kind="avgpool"),
    row(f"<kernel:size> {_POOL} {_LAYER}", "layer", kind="maxpool"),
    row(f"[最大|max] {_POOL} {_LAYER}", "layer", kind="maxpool"),
    row(f"[平均|均值] {_POOL} {_LAYER}", "layer", kind="avgpool"),
    row(f"{_POOL} {_LAYER}", "layer", kind="maxpool"),
    row(f"全局平均{_POOL} {_LAYER}", "layer", kind="global_avgpool"),
    row(f"全局最大{_POOL} {_LAYER}", "layer", kind="global_maxpool"),
    row(f"{_DENSE} {_LAYER}", "layer", kind="dense"),
    row(f"{_DENSE} {_LAYER} [有]? <units:n> [个]? [神经元|单元|节点|输出]", "layer", kind="dense"),
    row(f"<units:n> [个]? [神经元|单元|节点] {_DENSE} {_LAYER}", "layer", kind="dense"),
    row("[转置卷积|反卷积] [层]?", "layer", kind="transposed_conv"),
    row("<kernel:size> [转置卷积|反卷积] [层]?", "layer", kind="transposed_conv"),
    row("[深度可分离卷积|可分离卷积] [层]?", "layer", kind="separable_conv"),
    row("<kernel:size> [深度可分离卷积|可分离卷积] [层]?", "layer", kind="separable_conv"),
    row("[深度卷积|逐通道卷积] [层]?", "layer", kind="depthwise_conv"),
    row("[展平|展开|拉平] [层|为向量|成向量]?", "layer", kind="flatten"),
    row("[零]? 填充层 [每侧|宽度|大小]? <padding:n> [个]? [像素|零]?", "layer", kind="pad"),
    row("[批归一化|批量归一化] [层]?", "layer", kind="batchnorm"),
    row("[relu|sigmoid|tanh|softmax] [激活|激活函数|层]?", "layer", kind="activation"),
    row("[每个|每层|每一层|每个卷积层|各层] [后|之后|后面]? [都|均]? [接|跟|连接|紧跟]", "each_next"),
    row("[然后|接着|随后|之后|后接|接|后面是|再接|再经过|再]", "next"),
)  # fmt: skip

ATTRIBUTES: tuple[Row, ...] = (
    row(f"<kernel:size> {_FILTER}", "set"),
    row(f"[卷积核|过滤器|滤波器|核|窗口|{_POOL}窗口] [大小|尺寸]? <kernel:k>", "set"),
    row("[步幅|步长|跨度|步距] <stride:k>", "set"),
    row("[带有|有]? [步幅|步长] <stride:k>", "set"),
    row("same [填充|padding]?", "set", padding="same"),
    row("[填充|padding] [方式]? same", "set", padding="same"),
    row("[相同|同] [零]? 填充", "set", padding="same"),
    row("valid [填充|padding]?", "set", padding="valid"),
    row("[填充|padding] [方式]? valid", "set", padding="valid"),
    row("[无|不|没有|不使用|无需|不加] [零]? 填充", "set", padding=0),
    row("[零]? [填充|补零|padding] [大小|数|量]? <padding:k> [像素|圈]?", "set"),
    row("[四周|每边|每侧|两侧] [各]? [填充|补] <padding:n> [个|圈]? [零|像素|0]?", "set"),
    row("[膨胀率|空洞率|扩张率|膨胀系数] <dilation:k>", "set"),
    row("<groups:n> 组", "set"),
    row("分 <groups:n> 组", "set"),
    row("[不计|不含|忽略|无|没有|不考虑|不带|不包括|不使用] [偏置|偏差|偏置项]", "set", bias=False),
    row("[含|包括|带|有|加上|计入|包含] [偏置|偏差|偏置项]", "set", bias=True),
    row(f"<filters:n> {_COUNT} {_MAP}", "set"),
    row(f"<stated:size> <filters:n> {_COUNT} {_MAP}", "set"),
    row(f"[输出|产生|生成|得到|有|使用]? {_SIZE}? <stated:size> <filters:n> {_COUNT} {_MAP}", "set"),
    row(f"<filters:n> {_COUNT} {_SIZE}? <stated:size> {_MAP}", "set"),
    row(f"[输出|产生|生成|有|使用|包含] <filters:n> {_COUNT} {_MAP}", "set"),
    row("[输出|产生|生成] <filters:n> [个]?", "set"),
    row("[输出通道数|输出通道|卷积核数|卷积核数量|过滤器数量|滤波器数量|卷积核个数|特征图数量] <filters:n>", "set"),
    row(f"[分别]? [有|输出|使用|产生]? <filters:list> {_COUNT} {_MAP}", "set"),
    row("[分别]? [有|输出|使用|产生] <filters:list>", "set"),
    row("<units:n> [个]? [神经元|单元|节点|类别|类]", "set"),
    row("输出填充 <output_padding:n>", "set"),
    row(f"<nth:nth> [层|一层|卷积层|个卷积层|个]? [输出|有|产生|生成|使用]? <filters:n> {_COUNT} {_MAP}?", "nth"),
    row("<nth:nth> [层|一层]", "nth"),
    row("第 <number:n> 层", "nth"),
    row("<nth:nth> [个]? 卷积层", "nth", kind="conv"),
    row("<nth:nth> [个]? 全连接层", "nth", kind="dense"),
    row("[每层|每一层|每个|各层|都|均|每个卷积层]", "each"),
    row("[输入输出通道|输入和输出通道|输入输出|通道] [数]? [都|均]? <both:n> [个]? [通道]?", "channels"),
    row("[输入输出通道|输入和输出通道|输入输出|通道] [数]? [都|均]? c", "channels", both="C"),
    row("<channels:n> [个]? 输入通道 [和|与]? <filters:n> [个]? 输出通道", "channels"),
    row("从 <channels:n> [个]? [通道]? [到|变为] <filters:n> [个]? 通道", "channels"),
)  # fmt: skip

CONTEXT: tuple[Row, ...] = (
    row("[小]? [批量|批|批次|批大小|批量大小|批处理] [大小]? <batch:n> [个|张|幅]? [图像|图片|实例|样本]?", "context"),
    row("<batch:n> [个|张|幅] [实例|样本|图像|图片] [小]? [批量|批次|批|的小批量]?", "context"),
    row("[批量|批次|小批量|训练批|批|训练批次] [包含|含有|含|有] <batch:n> [个|张|幅]? [实例|样本|图像|图片]?", "context"),
    row("[单个|一个|单张|一张|一幅|单一|单幅] [新]? [实例|样本|图像|图片]", "context", batch=1),
    row("32 位 [浮点数|浮点]? [数]?", "context", bits=32),
    row("[单精度|float32|fp32] [浮点数|浮点]?", "context", bits=32),
    row("16 位 [浮点数|浮点]?", "context", bits=16),
    row("[半精度|float16|fp16] [浮点数|浮点]?", "context", bits=16),
    row("64 位 [浮点数|浮点]?", "context", bits=64),
    row(f"[得到|获得|使|要求|想要|需要]? {_OUTPUT} {_SIZE}? <output:k>", "wanted"),
    row(f"[得到|获得|输出] <output:k> {_OUTPUT}?", "wanted"),
    row("[从|由] <input:n> [得到|变为|变成|到] <output:n>", "wanted"),
    row("[保持|不改变|不变|维持] [空间|输入|图像|特征图|输出]? [尺寸|大小|分辨率]? [不变]?", "keep"),
    row("[输出|特征图] [与|和] 输入 [尺寸|大小]? 相同", "keep"),
    row("[尺寸|大小] 不变", "keep"),
    row("[相比|对比|比较|代替|替代]", "versus"),
    row("<memory:mem> [显存|内存|显卡|gpu]?", "memory"),
    row("[达到|覆盖|看到|得到] <field:k> 感受野", "field"),
    row("感受野 [才能|能|要]? [达到|大小|至少]? <field:k>", "field"),
    *(row(f"[使用|用|采用]? {name} [优化器]?", "optimizer", name=name) for name in ("adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop")),
    row("[按|按照|在]? [pytorch|torch] [规则|峰值|中|峰值内存]?", "rule", name="torch"),
    row("[按|按照]? 教科书 [规则]?", "rule", name="textbook"),
)  # fmt: skip

QUESTIONS: tuple[Row, ...] = (
    row("[有|共有|总共有]? <params:d> [个]? [可训练|可学习]? 参数", "count"),
    row(f"{_HOW}? [可训练|可学习|模型|网络|总]? [参数] [总数|数量|数目|个数|量|总量|总个数]?", "ask", what="params"),
    row(f"{_HOW}? 参数 [有|是|为]? {_HOW}", "ask", what="params"),
    row(f"{_HOW} [个]? 权重", "ask", what="weights"),
    row(f"权重 {_HOW}", "ask", what="weights"),
    row(f"{_OUTPUT} {_SIZE} [有]? [多少|多大|几|什么|多大尺寸]?", "ask", what="output"),
    row(f"{_OUTPUT} [多大|有多大]", "ask", what="output"),
    row(f"[求|计算] {_OUTPUT} {_SIZE}", "ask", what="output"),
    row(f"{_HOW}? [浮点乘法|乘法|乘加|乘加运算|乘法运算|乘法次数|乘加次数|mac] [次数|数量|运算|总数]? [多少|几次]?", "ask", what="macs"),
    row(f"{_HOW} 次 [浮点]? [乘法|乘加] [运算]?", "ask", what="macs"),
    row(f"{_HOW}? [浮点运算|flop|计算量] [次数|数量|量]? [多少]?", "ask", what="flops"),
    row(f"{_HOW} [个]? 神经元", "ask", what="neurons"),
    row(f"{_HOW}? [个]? 连接 [数|数量]? [多少]?", "ask", what="connections"),
    row("感受野 [大小|尺寸]? [多大|多少|是多少]?", "ask", what="field"),
    row(f"{_NEED}? [至少]? {_HOW} {_MEMORY}", "ask", what="memory"),
    row(f"{_NEED} [多大|多少] {_MEMORY}", "ask", what="memory"),
    row(f"{_MEMORY} [需求|占用|消耗|用量]? [多少|多大]?", "ask", what="memory"),
    row(f"[输出|特征图|该层|卷积层输出|层输出|输出特征图] {_NEED} [{_HOW}|多大] {_MEMORY}?", "ask", what="map_memory"),
    row("[进行|做]? [预测|推理|推断|前向传播]", "mode", mode="predict"),
    row("训练", "mode", mode="train"),
    row("[如果|若|当|那么|那]? [呢|又如何|又是多少|又需要多少]", "again"),
    row("[多大|多少|什么样|哪种|哪些|什么] [的]? [填充|padding]", "ask", what="padding"),
    row("[填充|padding] [应|应该|要|需要]? [取|是|为|设为]? [多少|多大|几]", "ask", what="padding"),
    row("[多大|多少|什么|哪些] 步[幅|长]", "ask", what="stride"),
    row("步[幅|长] [应|应该]? [取|是|为|设为]? [多少|多大|几]", "ask", what="stride"),
    row(f"[多大|什么|哪些] {_FILTER}", "ask", what="kernel"),
    row(f"{_FILTER} [大小|尺寸]? [应|应该]? [取|是|为]? [多少|多大|几]", "ask", what="kernel"),
    row("[多大|哪些|什么] [输入|输入尺寸|图像]", "ask", what="input"),
    row("输入 [尺寸|大小|应]? [是|为|应为|应是]? [多少|多大|几]", "ask", what="input"),
    row("[多少|几] [个]? [卷积]? 层", "ask", what="depth"),
    row("最大 [的]? [批量|批次|批]", "ask", what="batch"),
    row("[丢弃|舍弃|丢掉|保留] [了]? [多少|百分之多少|多大比例]? [输入|输入值|数据|信息|激活]?", "ask", what="share"),
    row("[如果|若|当]? [通道|通道数|卷积核数|宽度|输入输出通道|输入和输出通道] [都]? [加倍|翻倍|翻一番|变为两倍|增加一倍] [时|后]?", "scale", change="channels"),
    row("[如果|若|当]? [图像|输入]? [边长|高和宽|尺寸|分辨率|高宽] [都]? [加倍|翻倍|翻一番|变为两倍|增加一倍] [时|后]?", "scale", change="side"),
    row("[如果|若|当]? [批量|批次|批量大小] [加倍|翻倍|翻一番|变为两倍|增加一倍] [时|后]?", "scale", change="batch"),
    row("[不共享|无] [权重|参数]? [共享]?", "unshared"),
    row("[权重|参数] 不共享", "unshared"),
    row("[变为|变成|增加到|增至|是|为]? [原来的]? [比|比例|比值|倍|多少倍|几倍]", "ratio"),
)  # fmt: skip

HARMLESS = frozenset(
    "的 了 是 为 有 在 和 与 及 或 个 该 此 这 那 其 它 请 问 求 设 若 则 对 于 由 以 上 下 中 里 后 前 时 用 使 各 每 等 个 一 "
    "吗 呢 吧 啊 并 且 也 就 都 会 可 能 将 被 把 从 到 向 即 共 计 算 多 少 大 小 层 图 像 数 值 次 张 幅 给 定 个 位 那 么 至 只 每".split()
) - frozenset("多 少 不 无 大 小 层".split())  # fmt: skip

PHRASES = (
    "[考虑|假设|假定|假如|如果|设|已知|给定|对于|例如|问|请问|那么|我们|你|现在|首先|其中|以及|以|即|则|若|当|并且|而且|同时|一共|总共|共|合计]",
    "[一个|一种|一张|一幅|这个|这些|该|此|这样|它|它们|其]",
    "[由] <n:n> 层 [组成|构成]",
    "[组成|构成|包含|包括|具有|带有|采用|使用|利用|应用|通过|经过|作用于|进行|计算|求|求出|得到|表示|来|在]",
    "[卷积神经网络|神经网络|cnn|网络|模型|卷积网络]",
    "[卷积]? 层",
    "[特征图|特征映射|才能|才|后|之后]",
    "[图像|图片|图|输入|输出|像素|大小|尺寸|数据|实例|样本]",
    "[多少|几|什么|何|怎么|如何|是多少|为多少|有多少|多大|至少|最少|大约|约]",
    "[会]? [怎样|怎么样|如何变化|发生什么]",
    "[一次|单个|时|的时候|过程中|期间|情况下|所有|全部|整个|总|每个]",
    "[需要|要|占用|请|可以|能|会|将|应|应该]",
    "[浮点数|浮点] [表示|存储]?",
    "[小]? 批量",
    "[都|均|各|分别|也]",
    "[最低|最底|最高|最顶|中间|顶]?层",
)  # fmt: skip

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}

CHINESE = Language(
    "zh",
    Lexicon(
        {**_DIGITS, "两": 2, "十": 10, "百": 100, "千": 1000},
        {
            "最低": 0, "最底": 0, "底": 0, "最下": 0, "中间": 1000, "最高": -1, "最顶": -1, "顶": -1, "最上": -1, "最后": -1,
            "首": 0,
        },
        frozenset("的 是 为 有 个 = : 一 层 在 取 了 等 于 都 均".split()) - {"层", "有"},
        frozenset([",", "和", "与", "及", "、", "/"]),
    ),
    (*INPUTS, *LAYERS, *ATTRIBUTES, *CONTEXT, *ZOO, *QUESTIONS),
    HARMLESS,
    PHRASES,
)  # fmt: skip
