// Functions of single elements and of pairs of them, copies included: out = limit(FUNCTION(a, b), low, high).
//
// Build option FUNCTION: one of the macros below, which may use the numbers p, q and r. Infinite bounds limit nothing.

#define APPLY_COPY(a, b) (a)
#define APPLY_FILL(a, b) ((FLOATV)(p))
#define APPLY_ADD(a, b) ((a) + (b))
#define APPLY_SUBTRACT(a, b) ((a) - (b))
#define APPLY_MULTIPLY(a, b) ((a) * (b))
#define APPLY_DIVIDE(a, b) ((a) / (b))
#define APPLY_POWER(a, b) pow(a, b)
#define APPLY_PARAMETRIC_RELU(a, b) ((a) < (FLOATV)(0) ? (a) * (b) : (a))
#define APPLY_LEAKY_RELU(a, b) ((a) < (FLOATV)(0) ? (a) * p : (a))
#define APPLY_SIGMOID(a, b) (1 / (1 + exp(-(a))))
#define APPLY_HARD_SIGMOID(a, b) limit((a) * p + q, 0, 1)
#define APPLY_HARD_SWISH(a, b) ((a) * limit((a) / 6 + 0.5f, 0, 1))
#define APPLY_TANH(a, b) tanh(a)
#define APPLY_GELU(a, b) ((a) * 0.5f * erfc((a) * -M_SQRT1_2_F))
#define APPLY_GELU_BY_TANH(a, b) ((a) * 0.5f * (1 + tanh(0.797884561f * ((a) + 0.044715f * (a) * (a) * (a)))))
#define APPLY_ERROR_FUNCTION(a, b) erf(a)
#define APPLY_EXPONENTIAL(a, b) exp(a)
#define APPLY_LOGARITHM(a, b) log(a)
#define APPLY_SQUARE_ROOT(a, b) sqrt(a)
#define APPLY_RECIPROCAL(a, b) (1 / (a))
#define APPLY_NEGATION(a, b) (-(a))
#define APPLY_ABSOLUTE(a, b) fabs(a)
#define APPLY_FLOOR(a, b) floor(a)
#define APPLY_CEILING(a, b) ceil(a)
#define APPLY_ROUND(a, b) rint(a)
#define APPLY_TRUNCATION(a, b) trunc(a)
#define APPLY_SIGN(a, b) ((a) > 0 ? (FLOATV)(1) : (a) < 0 ? (FLOATV)(-1) : (a))
#define APPLY_RECIPROCAL_SQUARE_ROOT(a, b) (1 / sqrt(a))
#define APPLY_SINE(a, b) sin(a)
#define APPLY_COSINE(a, b) cos(a)
#define APPLY_TANGENT(a, b) tan(a)
#define APPLY_ARC_SINE(a, b) asin(a)
#define APPLY_ARC_COSINE(a, b) acos(a)
#define APPLY_ARC_TANGENT(a, b) atan(a)
#define APPLY_HYPERBOLIC_SINE(a, b) sinh(a)
#define APPLY_HYPERBOLIC_COSINE(a, b) cosh(a)
#define APPLY_INVERSE_HYPERBOLIC_SINE(a, b) asinh(a)
#define APPLY_INVERSE_HYPERBOLIC_COSINE(a, b) acosh(a)
#define APPLY_INVERSE_HYPERBOLIC_TANGENT(a, b) atanh(a)
#define APPLY_EXPONENTIAL_LINEAR(a, b) (q * ((a) < 0 ? p * expm1(r * (a)) : (a)))
#define SOFTPLUS(a) (fmax(a, 0) + log1p(exp(-fabs(a))))
#define APPLY_SOFTPLUS(a, b) SOFTPLUS(a)
#define APPLY_SOFTSIGN(a, b) ((a) / (1 + fabs(a)))
#define APPLY_MISH(a, b) ((a) * tanh(SOFTPLUS(a)))
#define APPLY_SWISH(a, b) ((a) / (1 + exp(-p * (a))))
#define APPLY_THRESHOLD(a, b) ((a) > p ? (a) : (FLOATV)(0))
#define APPLY_SHRINK(a, b) ((a) < -p ? (a) + q : (a) > p ? (a) - q : (FLOATV)(0))
#define TRUTH(condition) ((condition) ? (FLOATV)(1) : (FLOATV)(0))
#define APPLY_LOGICAL_NOT(a, b) TRUTH((a) == 0)
#define APPLY_IS_NOT_NUMBER(a, b) TRUTH((a) != (a))
#define APPLY_IS_INFINITE(a, b) TRUTH(((a) == INFINITY && p != 0) || ((a) == -INFINITY && q != 0))
#define APPLY_MINIMUM(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
#define APPLY_MAXIMUM(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define APPLY_MODULO(a, b) ((a) - (b) * floor((a) / (b)))
#define APPLY_REMAINDER(a, b) fmod(a, b)
#define APPLY_EQUAL(a, b) TRUTH((a) == (b))
#define APPLY_LESS(a, b) TRUTH((a) < (b))
#define APPLY_LESS_OR_EQUAL(a, b) TRUTH((a) <= (b))
// Over what is there already.
#define APPLY_SELECTION(a, b) ((a) != 0 ? (b) : fetch(out + at.x, inner.x, endx - x))
#define APPLY_QUANTIZE(a, b) (rint((a) / p) * p)
// From floats to steps of a grid; from one grid to steps of another, or to floats; sums of what lies on two grids.
#define APPLY_STEPS(a, b) ((a) / p)
#define APPLY_RESCALE(a, b) (((a) - q) * p)
#define APPLY_ADD_SCALED(a, b) ((a) * p + (b) * q + r)

KERNEL void combine(
    __global OUT *out, __global const IN *a, __global const IN *b, __global const int4 *nest,
    float p, float q, float r, float low, float high, float zero)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV const first = fetch(a + at.y, inner.y, endx - x), second = fetch(b + at.z, inner.z, endx - x);
            put(ON_GRID(limit(FUNCTION(first, second), low, high)), out + at.x, inner.x, endx - x);
        }
    }
}
