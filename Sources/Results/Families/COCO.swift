// The names of the 80 classes that most published detectors were trained with (COCO, https://cocodataset.org).

enum COCO {
    /// The names, where there are 80 classes.
    static func names(_ classes: Int) -> [String]? { classes == all.count ? all : nil }

    private static let all: [String] = """
        person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,\
        bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,\
        skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,\
        wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,\
        chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,\
        toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush
        """.split(separator: ",").map(String.init)
}
