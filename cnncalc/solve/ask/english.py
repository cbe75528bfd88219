"""English: the phrases of exercises about convolutional networks, one row each, and the words without a meaning here."""

# ruff: noqa: SIM905  (a list of words is read as a text)
from __future__ import annotations

from cnncalc.solve.ask.pattern import Lexicon
from cnncalc.solve.ask.rows import Language, Row, row

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_CONV = "[convolutional|convolution|conv|conv2d|convolving]"
_LAYER = "[layer|operation|module|block|step]?"
_MAPS = (
    "[feature map|feature|map|filter|kernel|channel|output channel|output feature map|output map|activation map|output]"
)
_FILTERS = "[filter|kernel|output channel|convolutional filter|convolutional kernel|convolution filter|convolution kernel|conv filter]"
_IMAGE = (
    "[image|picture|photo|input|input image|input picture|input map|input volume|input feature map|input tensor|volume]"
)
_POOL = "[pooling|pool] [layer|operation|window]?"
_MAX = "[max|maximum|maxpooling|maxpool]"
_AVERAGE = "[average|avg|mean]"
_DENSE = "[fully connected|fully connect|dense|fc|linear|fully connected hidden]"
_TRANSPOSED = "[transposed convolution|transposed convolutional|transposed conv|transpose convolution|transpose conv|deconvolution|deconvolutional|fractionally strided convolution|up convolution]"
_HOW = "[how many|number|total number|count|total count|overall number|how large number]"
_LEARN = "[learnable|trainable|learned|free|total|overall|model|network|weight and bias]?"
_MEMORY = "[ram|memory|gpu memory|video memory|vram|byte|storage|space]"
_MUCH = "[how much|how many|amount|least amount|minimum amount|minimum|what|total]"
_PREDICT = "[prediction|predict|inference|predicting|infer|test time|forward pass|forward propagation]"
_TRAIN = "[training|train|backpropagation|backward pass]"
_IMAGES = "[image|instance|example|sample|picture|input|photo]"
_SIZE = "[size|shape|dimension|resolution|spatial size|spatial dimension|height and width|width and height|side|spatial resolution]"
_OUTPUT = "[output|output map|output feature map|feature map|result|resulting map|resulting feature map|output volume|output image|output tensor|activation map|output layer|resulting output|final feature map|final output|final map|resulting volume|layer output|output activation]"

INPUTS: tuple[Row, ...] = (
    row(f"<size:size> pixel? [rgb|color|colour] {_IMAGE}?".replace("pixel?", "[pixel]?"), "input", channels=3),
    row(f"<size:size> [pixel]? [grayscale|greyscale|gray|grey|black and white|monochrome|single channel|gray scale] {_IMAGE}?", "input", channels=1),
    row(f"<size:size> [pixel]? {_IMAGE}", "input"),
    row("<size:size> pixel", "input"),
    row(f"{_IMAGE} [that|which]? [have|has|with|measures]? {_SIZE}? <size:size> [pixel]? [image|picture|map|feature map|volume|tensor|input]?", "input"),
    row("[w|h|n|i] = <side:n>", "input"),
    row(f"{_IMAGE} [have|has|with]? {_SIZE}? <size:size> [rgb|color|colour] [image|pixel]?", "input", channels=3),
    row("[input|image] [size|resolution|dimension|shape|side|height and width|width and height] <side:k> [pixel]?", "input"),
    row("input <side:n>", "input"),
    row("<side:n> pixel [image|input|side|square image|wide image]", "input"),
    row("<side:n> pixel [per|on each|on a]? side", "input"),
    row("[square image|image] with side <side:n>", "input"),
    row("[rgb|color|colour] [image|input|picture|photo]?", "input", channels=3),
    row("[grayscale|greyscale|gray|grey|gray scale|monochrome] [image|input|picture|photo]?", "input", channels=1),
    row("<channels:n> [input channel|channel input|channel image|channel map|input feature map|input map|channel per pixel]", "input"),
    row("input [has|have|with] <channels:n> [channel|feature map|map]", "input"),
    row("[input channel|number input channel] <channels:n>", "input"),
    row("<channels:n> [channel]? <size:size> [input]? [feature map|map|image]", "input"),
    row("<size:size> pixel [and|with] <channels:n> channel", "input"),
    row(f"<size:size> {_IMAGE}? with <channels:n> [input]? [channel|map|feature map]", "input"),
    row("[1d]? signal [length|with]? <length:n> [sample|value]?", "input"),
    row("<flat:n> [input|input neuron|input unit|input number|input feature|input value]", "input"),
    row("[input|input layer] [with|has] <flat:n> [neuron|unit|feature|number]", "input"),
)  # fmt: skip

LAYERS: tuple[Row, ...] = (
    row(f"<count:n> [stacked|consecutive|successive|identical|further]? {_CONV} layer", "layers", kind="conv"),
    row(f"<count:n> [stacked|consecutive|successive|identical]? <kernel:size> {_CONV}? [layer|convolution]", "layers", kind="conv"),
    row(f"stack <count:n> [stacked]? <kernel:size> {_CONV}? [layer|kernel|filter|convolution]?", "layers", kind="conv"),
    row(f"{_CONV} {_LAYER}", "layer", kind="conv"),
    row("[have|has|with|use|apply]? <filters:n> <kernel:size> [filter|kernel|convolution filter|convolutional filter]", "filters"),
    row(f"[have|has|with|use|apply]? <filters:n> {_FILTERS} [each|that are each|which are each|that are|which are]? [size]? <kernel:size>", "filters"),
    row(f"<kernel:size> {_CONV} {_LAYER}", "layer", kind="conv"),
    row(f"<kernel:size> {_CONV} {_LAYER} with <filters:n> {_FILTERS}", "layer", kind="conv"),
    row(f"<kernel:size> {_MAX} {_POOL}", "layer", kind="maxpool"),
    row(f"<kernel:size> {_AVERAGE} {_POOL}", "layer", kind="avgpool"),
    row(f"<kernel:size> {_POOL}", "layer", kind="maxpool"),
    row(f"{_MAX} {_POOL}", "layer", kind="maxpool"),
    row("[maxpool|maxpooling] [layer]?", "layer", kind="maxpool"),
    row("<kernel:size> [maxpool|maxpooling] [layer]?", "layer", kind="maxpool"),
    row("[avgpool|avgpooling] [layer]?", "layer", kind="avgpool"),
    row(f"{_AVERAGE} {_POOL}", "layer", kind="avgpool"),
    row(_POOL, "layer", kind="maxpool"),
    row("global [average|avg|mean] [pooling|pool] [layer]?", "layer", kind="global_avgpool"),
    row("global [max|maximum] [pooling|pool] [layer]?", "layer", kind="global_maxpool"),
    row(f"{_DENSE} [hidden]? layer", "layer", kind="dense"),
    row(f"{_DENSE} [hidden]? layer [with|has|having|of]? <units:n> [neuron|unit|output|node|output unit|class]?", "layer", kind="dense"),
    row("layer <units:n> [neuron|unit] [fully connected|densely connected]", "layer", kind="dense"),
    row(f"{_DENSE} [hidden]? layer [with|has|having|of]? <flat:n> [input|input neuron|input unit|input feature|in feature]", "layer", kind="dense"),
    row(f"{_DENSE} [hidden]? layer [with|has|having|of]? <flat:n> [input|input neuron|input unit|input feature|in feature] and <units:n> [output|output neuron|output unit|out feature|neuron|unit]", "layer", kind="dense"),
    row(f"<units:n> [unit|neuron|way|node]? {_DENSE} layer", "layer", kind="dense"),
    row("[dense|fc] <units:n>", "layer", kind="dense"),
    row("<units:n> hidden [neuron|unit|node]", "layer", kind="dense"),
    row("[output layer|softmax layer|classifier] with <units:n> [class|neuron|unit|output]?", "layer", kind="dense"),
    row(_TRANSPOSED + " [layer]?", "layer", kind="transposed_conv"),
    row(f"<kernel:size> {_TRANSPOSED} [layer]?", "layer", kind="transposed_conv"),
    row("depthwise separable [convolution|convolutional|conv]? [layer]?", "layer", kind="separable_conv"),
    row("separable [convolution|convolutional|conv] [layer]?", "layer", kind="separable_conv"),
    row("depthwise separable <kernel:size> [convolution|convolutional|conv]? [layer]?", "layer", kind="separable_conv"),
    row("<kernel:size> [depthwise]? separable [convolution|convolutional|conv]? [layer]?", "layer", kind="separable_conv"),
    row("depthwise [convolution|convolutional|conv]? [layer]?", "layer", kind="depthwise_conv"),
    row("<kernel:size> depthwise [convolution|convolutional|conv]? [layer]?", "layer", kind="depthwise_conv"),
    row("[flatten|flattened|flattening] [layer|into a vector|to a vector]?", "layer", kind="flatten"),
    row("[zero]? padding layer [of|with]? <padding:n> [pixel|zero]? [[on|at] [each|every|both|all] [side|border|edge]]?", "layer", kind="pad"),
    row("<padding:n> pixel [zero]? padding layer", "layer", kind="pad"),
    row("[batch normalization|batch norm|batchnorm|batch normalisation] [layer]?", "layer", kind="batchnorm"),
    row("[relu|sigmoid|tanh|softmax] [activation|nonlinearity|non linearity|unit|layer|function|activation function]?", "layer", kind="activation"),
    row(f"{_DENSE} [hidden]? layer [with|has|having|of]? <units:size> [neuron|unit]", "layer", kind="dense"),
    row("[fully|densely]? connected [to]? [hidden layer|layer]? [with]? <units:k> [neuron|unit|output]", "layer", kind="dense"),
    row("<units:size> neuron [fully|densely]? connected", "layer", kind="dense"),
    row("[fully|densely]? connected to [all|every]? <size:size> [input|input value|input neuron|number|image|input image]", "input"),
    row("hidden layer", "layer", kind="hidden"),
    row("hidden layer [with|has|having|of]? <units:n> [neuron|unit|node]", "layer", kind="dense"),
    row("<nth:nth> hidden layer [with|has|having|of]? <units:n> [neuron|unit|node]", "nth", kind="dense"),
    row("[each|every] [one|neuron|unit|of them]? [fully|densely]? connected to [all|every|each]? [input|pixel|input pixel|input value]", "each"),
    row(f"<count:n> layer <kernel:size> {_CONV}", "layers", kind="conv"),
    row(f"grouped <kernel:size> {_CONV} {_LAYER}", "layer", kind="conv", grouped=True),
    row(f"grouped {_CONV} {_LAYER}", "layer", kind="conv", grouped=True),
    row("[each|each one|each of them|all of them|all] [is|are]? followed by", "each_next"),
    row("[after|before|preceded by]", "order"),
    row("[followed by|then|and then|after that|after which|next]", "next"),
)  # fmt: skip

ATTRIBUTES: tuple[Row, ...] = (
    row("<kernel:size> [kernel|filter|receptive field|window|kernel size|filter size|convolution kernel|pooling window|mask]", "set"),
    row("[kernel|filter|window|pooling|pool] [size|shape|dimension]? <kernel:k>", "set"),
    row("[kernel|filter|window|field] size <kernel:k>", "set"),
    row("<kernel:size> [pooling|pool] window", "set"),
    row("[size|window|region|area] <kernel:size>", "set"),
    row("[f|k] = <kernel:n>", "set"),
    row("s = <stride:n>", "set"),
    row("p = <padding:n>", "set"),
    row("d = <dilation:n>", "set"),
    row("stride [size|length|step]? <stride:k>", "set"),
    row("[step|step size] <stride:k>", "set"),
    row("unit stride", "set", stride=1),
    row("strided by <stride:k>", "set"),
    row("same [zero]? padding", "set", padding="same"),
    row("[zero]? padding [type|mode]? same", "set", padding="same"),
    row("same convolution", "set", padding="same"),
    row("valid [zero]? padding", "set", padding="valid"),
    row("padding [type|mode]? valid", "set", padding="valid"),
    row("full padding", "set", padding="full"),
    row("[no|without|without any] [zero]? padding", "set", padding=0),
    row("unpadded", "set", padding=0),
    row("[zero]? padding [size|amount|width]? <padding:k> [pixel|zero]? [[on|at] [each|every|both|all] [side|border|edge]]?", "set"),
    row("[pad|padded] [with|by]? <padding:n> [pixel|zero|row of zero]? [[on|at] [each|every|both|all] [side|border|edge]]?", "set"),
    row("<padding:n> [pixel|zero|row]? [zero]? padding [[on|at] [each|every|both|all] [side|border|edge]]?", "set"),
    row("[dilation|dilation rate|dilation factor|atrous rate] <dilation:k>", "set"),
    row("[dilated] [by|with rate|with factor|rate]? <dilation:n>", "set"),
    row("<groups:n> group", "set"),
    row("group <groups:n>", "set"),
    row("[without|no|ignoring|ignore|neglecting|excluding|disregarding|omit|without counting|not counting] [any]? bias [term|parameter|weight|value]?", "set", bias=False),
    row("bias free", "set", bias=False),
    row("[with|including|include|including one|plus|counting|and] [a|one]? bias [term|parameter|weight]? [per filter|for each filter|for every filter|per neuron]?", "set", bias=True),
    row(f"<filters:n> {_MAPS}", "set"),
    row("[output|produce|generate|yield|have|has|with|give]? <filters:n> [feature map|output map|activation map|output feature map|map] [size|shape]? <stated:size>", "set"),
    row("[filter|output channel|feature map|number filter|number output channel|number kernel|number feature map] <filters:n>", "set"),
    row("[output|produce|generate|yield|has|have|with|give] <filters:n> [feature]? [map|filter|channel|kernel|feature map]", "set"),
    row("output <filters:d>", "set"),
    row(f"<filters:list> [and]? {_MAPS} [respectively]?", "set"),
    row(f"[have|has|with|use|output|produce] <filters:list> {_MAPS}? [respectively]?", "set"),
    row("<units:n> [neuron|unit|output neuron|output unit|node|class]", "set"),
    row("[output padding] <output_padding:n>", "set"),
    row(f"<nth:nth> [layer|one] [output|have|has|with|use|produce|generate|yield|give]? <filters:n> {_MAPS}?", "nth"),
    row(f"<nth:nth> {_CONV} [layer]? [output|have|has|with|use|produce|generate|yield|give]? <filters:n> {_MAPS}?", "nth", kind="conv"),
    row("<nth:nth> [layer|one]", "nth"),
    row("layer [number|no]? <number:d>", "nth"),
    row("[convolutional|convolution|conv] layer [number|no]? <number:d>", "nth", kind="conv"),
    row(f"<nth:nth> {_CONV} [layer]?", "nth", kind="conv"),
    row(f"<nth:nth> {_POOL}", "nth", kind="maxpool"),
    row(f"<nth:nth> {_DENSE} [layer]?", "nth", kind="dense"),
    row("[each|every one|all [layer|them]|every layer|each layer]", "each"),
    row("<channels:n> input channel and <filters:n> output [channel|map|feature map]", "channels"),
    row("<channels:n> input [and|to] <filters:n> output [channel|map|feature map]", "channels"),
    row("[reduce|increase|map|expand|squeeze|take|turn] <channels:n> [channel|feature map|map]? [to|into] <filters:n> [channel|feature map|map]?", "channels"),
    row("[take|receive|read|has|have] <channels:n> [feature map|input feature map|map|channel] and [produce|output|give|yield|has|have] <filters:n> [channel|feature map|map|output feature map]", "channels"),
    row("[map|take|turn|has|have]? <flat:n> [input|input neuron|input unit|in feature|input feature] [to|into|and] <units:n> [output|output neuron|output unit|out feature|output feature|neuron|unit]", "full"),
    row("from <channels:n> to <filters:n> [channel|map|feature map]", "channels"),
    row("[with|for]? c [input and output channel|channel|input and output map|map|feature map|input channel and c output channel|input and c output channel]", "channels", both="C"),
    row("<both:n> [channel|map] [throughout|everywhere|in and out]", "channels"),
    row("[with|for]? <both:n> [input and output channel|channel in and out|channel throughout|channel everywhere]", "channels"),
)  # fmt: skip

CONTEXT: tuple[Row, ...] = (
    row(f"[training]? [mini]? batch [size]? <batch:n> {_IMAGES}?", "context"),
    row("[minibatch|batch] [size]? <batch:n>", "context"),
    row(f"[batch|training batch|mini batch|minibatch] [contain|contains|has|with|consist] <batch:n> {_IMAGES}?", "context"),
    row("<batch:n> [image|instance|example|sample] [per|in a|in each] [mini]? batch", "context"),
    row("<batch:n> [training]? [instance|example|sample]", "context"),
    row(f"for <batch:n> {_IMAGES} [at once|at a time|together]?", "context"),
    row("on <batch:n> [image|instance|example|sample|picture]", "context"),
    row(f"[single|one] [new|test|input]? {_IMAGES}", "context", batch=1),
    row("[32 bit float|32 bit|float32|fp32|single precision|32 bit floating point|4 byte|four byte] [number|float|value]? [per|each|for each|for every]? [number|value|float|parameter]?", "context", bits=32),
    row("[16 bit float|16 bit|float16|fp16|half precision|16 bit floating point] [number|float|value]?", "context", bits=16),
    row("[64 bit float|64 bit|float64|fp64|double precision|64 bit floating point] [number|float|value]?", "context", bits=64),
    row(f"[get|obtain|give|reach|produce|yield|have|want|make|need] [an]? {_OUTPUT}? {_SIZE}? <output:k> {_OUTPUT}?", "wanted"),
    row(f"{_OUTPUT} {_SIZE}? [be|should be|must be|to be|shall be|is]? <output:k>", "wanted"),
    row(f"<output:size> {_OUTPUT}", "map"),
    row("<output:size> [map|activation|tensor]", "map"),
    row("[output|give|get|produce] <output:size>", "wanted"),
    row("from <input:n> to <output:n>", "wanted"),
    row("<output:n> from <input:n>", "wanted"),
    row("give <output:n> from <input:n>", "wanted"),
    row("[keep|preserve|retain|maintain|not change|leave] [the]? [same]? [spatial|input|image|output]? [size|dimension|resolution|shape|height and width] [same|unchanged|constant]?", "keep"),
    row("[output|map|result] [has|have] [same] [spatial]? [size|dimension] as [input|image]", "keep"),
    row("[same] [spatial]? [size|dimension|height and width] as [the]? [input|image]", "keep"),
    row("[output|map] [as large|same size|same] as [the]? input", "keep"),
    row("[compared with|compared to|versus|vs|against|instead of|rather than|replaced by]", "versus"),
    row("[fit|fits] [in|into|on]? <memory:mem>", "memory"),
    row("<memory:mem> [gpu|card|graphics card|memory|ram|device]", "memory"),
    row("[see|reach|cover] [receptive field]? [size|of at least|at least]? <field:k> [receptive field|pixel|region|input region]?", "field"),
    row("receptive field [of at least|at least|of size|size] <field:k>", "field"),
    row("[at least|at least as large as] <field:k> [receptive field|pixel]?", "field"),
    *(row(f"[with|using]? [the]? {name} [optimizer|optimiser]?", "optimizer", name=name) for name in ("adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop")),
    row("[in|by|with|as in|according to]? [pytorch|torch] [peak|rule|memory|peak memory]?", "rule", name="torch"),
    row("[by|with|as in|according to]? [the]? textbook [rule]?", "rule", name="textbook"),
)  # fmt: skip

ZOO: tuple[Row, ...] = (
    *(row(name, "zoo", name=name) for name in ("alexnet", "googlenet", "squeezenet", "zfnet", "xception", "unet", "nin", "densenet121")),
    row("u net", "zoo", name="unet"),
    row("lenet [5]?", "zoo", name="lenet5"),
    row("lenet5", "zoo", name="lenet5"),
    *(row(f"[vgg {depth}|vgg{depth}]", "zoo", name=name) for depth, name in ((11, "vgg-a"), (13, "vgg-b"), (16, "vgg-d"), (19, "vgg-e"))),
    *(row(f"[resnet {depth}|resnet{depth}]", "zoo", name=f"resnet{depth}") for depth in (18, 34, 50, 101, 152)),
)  # fmt: skip

QUESTIONS: tuple[Row, ...] = (
    row(f"[has|have|with|get|give]? [total]? <params:d> {_LEARN} [parameter|param] [in total]?", "count"),
    row(f"{_HOW}? {_LEARN} [parameter|param]", "ask", what="params"),
    row("[parameter count|size in parameter]", "ask", what="params"),
    row(f"{_HOW} [learnable|trainable]? weight", "ask", what="weights"),
    row(f"{_HOW} weight and bias", "ask", what="params"),
    row(f"[how large|how big|what size|what|what spatial] {_OUTPUT} [size|volume|shape|dimension]?", "ask", what="output"),
    row(f"{_SIZE} [each|every|final|last]? {_OUTPUT}", "ask", what="output"),
    row(f"{_OUTPUT} {_SIZE}", "ask", what="output"),
    row(f"[what|how large|how big] {_SIZE}? {_OUTPUT}", "ask", what="output"),
    row("[what comes out|how large does it come out]", "ask", what="output"),
    row(f"{_HOW}? [float|floating point]? [multiply add|multiply accumulate|multiplication|mac|multiply accumulate operation|multiply add operation|floating point multiplication]", "ask", what="macs"),
    row(f"{_HOW}? [flop|floating point operation|arithmetic operation]", "ask", what="flops"),
    row(f"{_HOW} [neuron|unit|activation|output number|output value]", "ask", what="neurons"),
    row(f"{_HOW}? connection", "ask", what="connections"),
    row("[receptive field|field of view]", "ask", what="field"),
    row(f"{_SIZE} receptive field", "ask", what="field"),
    row("receptive field size", "ask", what="field"),
    row("[how large|how big|what size|how wide] receptive field", "ask", what="field"),
    row("[how much|how large region|how large part|which part|what region|how many pixel] [input|image] [see|does each unit see|does one unit see|does a unit see|does a neuron see|does each neuron see]", "ask", what="field"),
    row(f"{_MUCH} {_MEMORY}", "ask", what="memory"),
    row("[what happens to|happens to|effect on|how does|how do] [memory|ram] [usage|requirement|need|consumption]?", "ask", what="memory"),
    row("[memory|ram] [requirement|consumption|usage|footprint|size|need|cost]", "ask", what="memory"),
    row(f"{_MUCH}? {_MEMORY} [do|does]? [the]? {_OUTPUT} [occupy|take|take up|need|require|use]", "ask", what="map_memory"),
    row(f"{_MUCH}? {_MEMORY} [for|to store|store|take up|take|occupy|do|does]? [feature map|output|output map|activation|layer output|output feature map]", "ask", what="map_memory"),
    row("[output|feature map|map|output feature map|layer|activation] [take|occupy|take up|use|need|require|cost] [how much|how many|what] [memory|ram|byte]?", "ask", what="map_memory"),
    row("[memory|ram|space] [occupied|taken|used|needed] [by|for] [the]? [output|feature map|map|activation]", "ask", what="map_memory"),
    row(f"[make|making]? [a]? {_PREDICT}", "mode", mode="predict"),
    row(f"{_TRAIN}", "mode", mode="train"),
    row("[what about|how about|and what about|and how much|and how many|and for]", "again"),
    row("[which|what|how much|how large|how many] [zero|amount]? [padding]", "ask", what="padding"),
    row("[padding needed|padding required|required padding]", "ask", what="padding"),
    row("[which|what] stride", "ask", what="stride"),
    row("[which|what] [kernel|filter|window] [size]?", "ask", what="kernel"),
    row("[which|what] dilation [rate]?", "ask", what="dilation"),
    row("[which|what] output padding", "ask", what="output_padding"),
    row("[which|what] [input|image] [size|resolution|side]?", "ask", what="input"),
    row(f"how many {_CONV}? layer", "ask", what="depth"),
    row(f"how many [stacked|consecutive]? <kernel:size> {_CONV}? [layer|convolution|kernel]", "ask", what="depth"),
    row("how deep", "ask", what="depth"),
    row("[largest|biggest|maximum|largest possible] [mini]? batch [size]?", "ask", what="batch"),
    row("how many [image|instance|example] fit", "ask", what="batch"),
    row("[percentage|percent|share|fraction|proportion|part] [input|value|activation|pixel|number|input value]? [discarded|dropped|thrown away|lost|kept]?", "ask", what="share"),
    row("how many [in feature|input feature|input]", "ask", what="in_features"),
    row("[in feature|in features]", "ask", what="in_features"),
    row("[when|if|after|by]? [we|you|one]? [double|doubling] [number]? [channel|width|filter|feature map|kernel]", "scale", change="channels"),
    row("[when|if|after|by]? [number|both]? [input and output]? [channel|width|filter|feature map|channel count|number channel] [is|are|get]? [double|doubled|twice as large|twice as many]", "scale", change="channels"),
    row("twice [as many|the|the number]? [channel|filter|feature map]", "scale", change="channels"),
    row("[when|if|after|by]? [we|you|one]? [double|doubling] [height and width|width and height|side|image size|input size|resolution|side length|image side|input resolution|image resolution]", "scale", change="side"),
    row("[when|if|after|by]? [height and width|width and height|side|image size|input size|resolution|side length|image side|input resolution|image resolution|image|input] [is|are|get]? [double|doubled|twice as large|twice as wide and high]", "scale", change="side"),
    row("[when|if|after|by]? [we|you|one]? [double|doubling] [mini]? batch [size]?", "scale", change="batch"),
    row("[when|if]? [mini]? batch [size]? [is|get]? [double|doubled|twice as large]", "scale", change="batch"),
    row("[without|no|not] [weight|parameter]? [sharing|shared]", "unshared"),
    row("[unshared|not shared] [weight]?", "unshared"),
    row("[ratio|how many times|saving|reduction|factor] [more|as many|as much|larger]?", "ratio"),
    row("[compare|comparison]", "compare"),
)  # fmt: skip

HARMLESS = frozenset(
    """a about above accept change changes grow grows all also always an and any apply applied applying architecture are as assume assuming at
    based be been being below between but by calculate calculated called can cnn come comes compute computed computing
    consider considered consist consists consisting contain contains convnet composed could deep define defined
    denote describe described design designed determine do does doing done due during each either end entire entirely
    every example exercise explain fact fed feed feeding find first following follow followed for from get give given
    gives go have has having he hence her here his how i if in into is it its itself just know let like made make
    makes many may me mean means most must my name named need needed needs network neural new note now of on
    once one only onto or other our over own pass passed passes passing per perform performed please process processed
    produce produced put question receive received require required requires result resulting s same see she should
    show simple simply single so solve some state stated store stored such suppose take taken takes task tell than
    that the their them then there these they this those through thus to together total two type under up us use used
    uses using value various very want we well were what when where whether which while who whose will wish with
    within without work would write you your yours input image output layer model convolution convolutional top-level
    operation size number exactly least minimum approximately roughly needed basic standard plain usual usually
    ordinary typical normal regular say think figure out both another next previous current whole final finally last
    first bottom student teacher hint remember recall why therefore hereby data dataset network's classification task
    detection feature map maps goal convolved goes passes discard discarded throw away lose lost dropped keep gone slid moved connected unit neuron side run runs going enter enters arrive arrives answer reason since because represented represent occupy again convolve convolving back along across around against""".split()
) - frozenset({"same", "without", "first", "last", "two", "one", "both", "per", "total", "over", "under"})  # fmt: skip

PHRASES = (
    "at least",
    "at most",
    "[is|are] [applied|fed|given|passed] [to|into|through]",
    "in total",
    "in the [network|cnn|model|layer]",
    "per [image|instance]",
    "of the [network|cnn|model]",
    "[one|both] of the",
    "over [the|an|a]",
    "the same",
    "[after|of] [this|that] [layer|operation|step]",
    "per layer",
    "not using [a]? [convolutional|convolution]? [network|layer]",
    "[what happens to|happens to]",
    "what happens",
    "the total",
)  # fmt: skip

NOUNS = frozenset(
    "input output image layer unit side feature map neuron convolution convolutional filter kernel channel".split()
)
"""Right after a number these say what it counts: there they are never harmless."""

ENGLISH = Language(
    "en",
    Lexicon(
        {word: value for value, word in enumerate(_NUMBERS)} | {"single": 1},
        {
            "first": 0, "lowest": 0, "bottom": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "middle": 1000,
            "last": -1, "top": -1, "final": -1, "highest": -1, "topmost": -1, "uppermost": -1,
        },
        frozenset("the a an of is are its their = : equal equals to be as size value by with".split()) - {"to", "size", "with", "by"},
        frozenset([",", "and", "/"]),
    ),
    (*INPUTS, *LAYERS, *ATTRIBUTES, *CONTEXT, *ZOO, *QUESTIONS),
    HARMLESS,
    PHRASES,
    NOUNS,
)  # fmt: skip
