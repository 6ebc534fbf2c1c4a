namespace VmAtlas.Symbols.Demangling;

/// <summary>What a part of a mangled C++ name stands for. A, B and C are the node's parts; Text its word; Value its number.</summary>
enum NodeKind : byte
{
    /// <summary>Text.</summary>
    Word,

    /// <summary>A::B.</summary>
    Nested,

    /// <summary>B inside of the function A.</summary>
    Local,

    /// <summary>A&lt;B&gt;, B a list.</summary>
    Template,

    /// <summary>A, then B, which is the rest of the list.</summary>
    List,

    /// <summary>Template arguments that stand for one parameter: a list A that may be empty.</summary>
    Group,

    /// <summary>A parameter that stands for the arguments A, a list that may be empty: each of them in turn within an expansion.</summary>
    Pack,

    /// <summary>A with each of the packs in it expanded.</summary>
    Expansion,

    /// <summary>The constructor, or with Value 1 the destructor, of a class A.</summary>
    Structor,

    /// <summary>A[abi:B].</summary>
    AbiTag,

    /// <summary>operator and a type A.</summary>
    Conversion,

    /// <summary>{lambda(A)#Value}.</summary>
    Lambda,

    /// <summary>A with qualifiers Value.</summary>
    Qualified,

    /// <summary>A and a word of a compiler: Text.</summary>
    Vendor,

    /// <summary>Text "*", "&amp;" or "&amp;&amp;" to A.</summary>
    Pointer,

    /// <summary>A member of class A that is of type B.</summary>
    MemberPointer,

    /// <summary>B elements of A.</summary>
    Array,

    /// <summary>A function that returns A and takes the list B; qualifiers Value.</summary>
    Function,

    /// <summary>Function A with type B, a Function.</summary>
    Encoding,

    /// <summary>Text before A.</summary>
    Special,

    /// <summary>construction vtable for A in B.</summary>
    ConstructionTable,

    /// <summary>A and what the compiler made of it: Text, a suffix.</summary>
    Clone,

    /// <summary>A template argument that stands later in the name: number Value; A once it is known. Within a lambda's parameters it is Text.</summary>
    Forward,

    /// <summary>(A) Text (B).</summary>
    Binary,

    /// <summary>Text (A).</summary>
    Prefix,

    /// <summary>(A) Text.</summary>
    Postfix,

    /// <summary>A(B), B a list.</summary>
    Call,

    /// <summary>(A)B.</summary>
    Cast,

    /// <summary>Text&lt;A&gt;(B).</summary>
    NamedCast,

    /// <summary>A ? B : C.</summary>
    Conditional,

    /// <summary>Text between A and B, without more.</summary>
    Member,

    /// <summary>A[B].</summary>
    Subscript,

    /// <summary>Text A Other: in brackets of some kind.</summary>
    Enclosed,

    /// <summary>A value of type A, its digits in Text.</summary>
    Literal,

    /// <summary>A{B}, B a list.</summary>
    Initializer,
}

/// <summary>One node; the numbers of others are in A, B and C, -1 for none.</summary>
readonly record struct Node(NodeKind Kind, int A, int B, int C, string Text, int Value);

/// <summary>Qualifiers of types and of member functions.</summary>
[Flags]
enum Qualifiers
{
    None = 0,
    Restrict = 1,
    Volatile = 2,
    Const = 4,
    LvalueRef = 8,
    RvalueRef = 16,
    Noexcept = 32,
    TransactionSafe = 64,
}
