// Which of several choices are worth a thought: those that no other one beats in everything.

/// Choices that cost something and are worth something.
enum ParetoFront {
    /// Whether each choice is on the front: no other one costs no more and is worth no less, and is better in one of
    /// the two.
    static func contains(_ choices: [(cost: Double, worth: Double)]) -> [Bool] {
        choices.map { choice in
            !choices.contains { other in
                other.cost <= choice.cost && other.worth >= choice.worth
                    && (other.cost < choice.cost || other.worth > choice.worth)
            }
        }
    }
}
