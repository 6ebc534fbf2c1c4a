// From a module's unwind table (.eh_frame, found through .eh_frame_hdr) to the one rule that holds at a pc. Only what compilers make of code that
// calls functions is understood: CFA by the stack or frame pointer, or read from beside the frame pointer (a realigned stack).
#include "agent.h"

#define EXPRESSION_NOT_UNDERSTOOD (-1)

struct reader {
    const u8 *at, *end;
};

static u64 read_u(struct reader *r, int bytes)
{
    u64 value = 0;
    for (int i = 0; i < bytes && r->at < r->end; i++)
        value |= (u64)*r->at++ << 8 * i;
    return value;
}

static u64 read_uleb(struct reader *r)
{
    u64 value = 0;
    for (int shift = 0; r->at < r->end; shift += 7) {
        u8 byte = *r->at++;
        if (shift < 64)
            value |= (u64)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

static i64 read_sleb(struct reader *r)
{
    u64 value = 0;
    int shift = 0;
    u8 byte = 0;
    do {
        if (r->at >= r->end)
            return 0;
        byte = *r->at++;
        if (shift < 64)
            value |= (u64)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40))
        value |= ~0ul << shift;
    return (i64)value;
}

// DW_EH_PE_*: low four bits the format, next three what it is relative to.
static u64 read_encoded(struct reader *r, u8 encoding, u64 data_base)
{
    u64 here = (u64)r->at, value;
    switch (encoding & 0x0f) {
    case 0x00: value = read_u(r, 8); break;
    case 0x01: value = read_uleb(r); break;
    case 0x02: value = read_u(r, 2); break;
    case 0x03: value = read_u(r, 4); break;
    case 0x04: value = read_u(r, 8); break;
    case 0x09: value = (u64)read_sleb(r); break;
    case 0x0a: value = (u64)(i64)(short)read_u(r, 2); break;
    case 0x0b: value = (u64)(i64)(i32)read_u(r, 4); break;
    default: value = read_u(r, 8); break;
    }
    if ((encoding & 0x70) == 0x10)
        value += here;
    else if ((encoding & 0x70) == 0x30)
        value += data_base;
    return value;
}

struct entry {
    u64 code_align;
    i64 data_align;
    u8 pointer_encoding, is_signal;
    struct reader initial, program;
    u64 start, end;
};

static int parse_cie(const u8 *at, struct entry *e)
{
    struct reader r = {at, at + 4};
    u64 length = read_u(&r, 4);
    if (length == 0xffffffff)
        return 0;
    r.end = at + 4 + length;
    read_u(&r, 4);
    u8 version = (u8)read_u(&r, 1);
    const char *augmentation = (const char *)r.at;
    r.at += text_length(augmentation) + 1;
    e->code_align = read_uleb(&r);
    e->data_align = read_sleb(&r);
    if (version == 1)
        read_u(&r, 1);
    else
        read_uleb(&r);
    e->pointer_encoding = 0;
    e->is_signal = 0;
    if (augmentation[0] == 'z') {
        u64 size = read_uleb(&r);
        const u8 *after = r.at + size;
        for (const char *c = augmentation + 1; *c; c++) {
            if (*c == 'R')
                e->pointer_encoding = (u8)read_u(&r, 1);
            else if (*c == 'P') {
                u8 encoding = (u8)read_u(&r, 1);
                read_encoded(&r, encoding & 0x0f, 0);
            } else if (*c == 'L')
                read_u(&r, 1);
            else if (*c == 'S')
                e->is_signal = 1;
        }
        r.at = after;
    } else if (augmentation[0])
        return 0;
    e->initial = r;
    return 1;
}

static int parse_fde(const u8 *at, struct entry *e)
{
    struct reader r = {at, at + 4};
    u64 length = read_u(&r, 4);
    if (length == 0xffffffff || length == 0)
        return 0;
    r.end = at + 4 + length;
    const u8 *cie = r.at;
    cie -= read_u(&r, 4);
    if (!parse_cie(cie, e))
        return 0;
    e->start = read_encoded(&r, e->pointer_encoding, 0);
    e->end = e->start + read_encoded(&r, e->pointer_encoding & 0x0f, 0);
    u64 size = read_uleb(&r); // every CIE with an 'R' has 'z'; without it parse_cie saw no augmentation and there is no size
    r.at += size;
    e->program = r;
    return 1;
}

// The last entry of the sorted table whose start is not above pc.
static const u8 *find_fde(const u8 *header, u64 pc)
{
    if (header[0] != 1 || header[3] != 0x3b) // sorted pairs of 4 bytes relative to the header: what every linker writes
        return NULL;
    struct reader r = {header + 4, header + 64};
    read_encoded(&r, header[1], (u64)header);
    u64 count = read_encoded(&r, header[2], (u64)header);
    const i32 *table = (const i32 *)r.at;
    i64 wanted = (i64)(pc - (u64)header);
    u64 low = 0, high = count;
    while (low < high) {
        u64 middle = (low + high) / 2;
        if (table[2 * middle] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? header + table[2 * (low - 1) + 1] : NULL;
}

enum cfa_kind { CFA_REGISTER, CFA_FP_DEREF, CFA_OTHER };
enum place { KEPT, AT_CFA, AT_FP, UNDEFINED, OTHER };

struct row {
    u8 cfa_kind, fp_place, ra_place;
    u64 cfa_register;
    i64 cfa_offset, fp_offset, ra_offset;
};

static void set_place(struct row *row, u64 reg, u8 place, i64 offset)
{
    if (reg == DWARF_FP) {
        row->fp_place = place;
        row->fp_offset = offset;
    } else if (reg == DWARF_RA) {
        row->ra_place = place;
        row->ra_offset = offset;
    }
}

// An expression of the one form [frame pointer + n]: DW_OP_breg<FP> n, then DW_OP_deref when it is a CFA.
static int fp_expression(struct reader *r, int with_deref, i64 *offset)
{
    u64 length = read_uleb(r);
    struct reader inner = {r->at, r->at + length};
    r->at += length;
    if (read_u(&inner, 1) != 0x70 + DWARF_FP)
        return 0;
    *offset = read_sleb(&inner);
    if (with_deref && read_u(&inner, 1) != 0x06)
        return 0;
    return inner.at == inner.end;
}

static void run(struct reader r, const struct entry *e, u64 pc, struct row *row, const struct row *initial)
{
    struct row saved[8];
    unsigned depth = 0;
    u64 at = e->start;
    while (r.at < r.end) {
        u8 op = *r.at++;
        u64 reg;
        i64 offset = 0;
        switch (op & 0xc0) {
        case 0x40: // advance_loc
            at += (op & 0x3f) * e->code_align;
            if (initial && at > pc)
                return;
            continue;
        case 0x80: // offset
            set_place(row, op & 0x3f, AT_CFA, (i64)read_uleb(&r) * e->data_align);
            continue;
        case 0xc0: // restore
            reg = op & 0x3f;
            if (initial)
                set_place(row, reg, reg == DWARF_FP ? initial->fp_place : initial->ra_place, reg == DWARF_FP ? initial->fp_offset : initial->ra_offset);
            continue;
        }
        switch (op) {
        case 0x00: break; // nop
        case 0x01: at = read_encoded(&r, e->pointer_encoding, 0); goto moved;
        case 0x02: at += read_u(&r, 1) * e->code_align; goto moved;
        case 0x03: at += read_u(&r, 2) * e->code_align; goto moved;
        case 0x04:
            at += read_u(&r, 4) * e->code_align;
        moved:
            if (initial && at > pc)
                return;
            break;
        case 0x05: // offset_extended
            reg = read_uleb(&r);
            set_place(row, reg, AT_CFA, (i64)read_uleb(&r) * e->data_align);
            break;
        case 0x06: // restore_extended
            reg = read_uleb(&r);
            if (initial)
                set_place(row, reg, reg == DWARF_FP ? initial->fp_place : initial->ra_place, reg == DWARF_FP ? initial->fp_offset : initial->ra_offset);
            break;
        case 0x07: set_place(row, read_uleb(&r), UNDEFINED, 0); break;
        case 0x08: set_place(row, read_uleb(&r), KEPT, 0); break;
        case 0x09: // register
            set_place(row, read_uleb(&r), OTHER, 0);
            read_uleb(&r);
            break;
        case 0x0a: // remember_state
            if (depth < COUNT(saved))
                saved[depth] = *row;
            depth++;
            break;
        case 0x0b: // restore_state
            if (depth && --depth < COUNT(saved))
                *row = saved[depth];
            break;
        case 0x0c: // def_cfa
            row->cfa_kind = CFA_REGISTER;
            row->cfa_register = read_uleb(&r);
            row->cfa_offset = (i64)read_uleb(&r);
            break;
        case 0x0d: // def_cfa_register
            row->cfa_kind = CFA_REGISTER;
            row->cfa_register = read_uleb(&r);
            break;
        case 0x0e: row->cfa_offset = (i64)read_uleb(&r); break;
        case 0x0f: // def_cfa_expression
            row->cfa_kind = fp_expression(&r, 1, &offset) ? CFA_FP_DEREF : CFA_OTHER;
            row->cfa_offset = offset;
            break;
        case 0x10: // expression
            reg = read_uleb(&r);
            set_place(row, reg, fp_expression(&r, 0, &offset) ? AT_FP : OTHER, offset);
            break;
        case 0x11: // offset_extended_sf
            reg = read_uleb(&r);
            set_place(row, reg, AT_CFA, read_sleb(&r) * e->data_align);
            break;
        case 0x12: // def_cfa_sf
            row->cfa_kind = CFA_REGISTER;
            row->cfa_register = read_uleb(&r);
            row->cfa_offset = read_sleb(&r) * e->data_align;
            break;
        case 0x13: row->cfa_offset = read_sleb(&r) * e->data_align; break;
        case 0x14: case 0x15: // val_offset, val_offset_sf
            set_place(row, read_uleb(&r), OTHER, 0);
            read_uleb(&r);
            break;
        case 0x16: // val_expression
            set_place(row, read_uleb(&r), OTHER, 0);
            fp_expression(&r, 0, &offset);
            break;
        case 0x2d: break;                  // AARCH64_negate_ra_state: addresses may be signed; the viewer sees them with their signature
        case 0x2e: read_uleb(&r); break;   // GNU_args_size
        default: row->cfa_kind = CFA_OTHER; return;
        }
    }
}

static int fits_words(i64 offset) { return !(offset & 7) && offset / 8 >= -4096 && offset / 8 < 4096; }

static rule rule_of(const struct row *row)
{
    u64 kind, use = READS_RA, fp_offset = (u64)row->ra_offset; // where no frame pointer is read, the walk reads what it reads anyway
    if (row->ra_place == UNDEFINED)
        return RULE_END;
    if (row->ra_place != AT_CFA || !fits_words(row->ra_offset) || row->cfa_offset >= 1 << 24 || row->cfa_offset < -(1 << 24))
        return RULE_LOST;
    if (row->cfa_kind == CFA_REGISTER && row->cfa_register == DWARF_SP)
        kind = RULE_SP;
    else if (row->cfa_kind == CFA_REGISTER && row->cfa_register == DWARF_FP)
        kind = RULE_FP;
    else if (row->cfa_kind == CFA_FP_DEREF)
        kind = RULE_FP_DEREF;
    else
        return RULE_LOST;
    if (row->fp_place == KEPT)
        use |= KEEPS_FP;
    else if ((row->fp_place == AT_CFA || row->fp_place == AT_FP) && fits_words(row->fp_offset)) {
        use |= READS_FP;
        fp_offset = (u64)row->fp_offset;
    } else
        return RULE_LOST;
    if (kind != RULE_SP || row->fp_place == AT_FP)
        use |= USES_FP;
    return kind | (row->fp_place == AT_FP ? RULE_FP_BY_FP : 0) | use << RULE_USE_AT | ((u64)row->ra_offset / 8 & 0x1fff) << RULE_RA_AT
        | (fp_offset / 8 & 0x1fff) << RULE_FP_AT | (u64)row->cfa_offset << RULE_CFA_AT;
}

rule rule_from_table(u64 pc, const u8 *eh_frame_hdr)
{
    const u8 *fde = find_fde(eh_frame_hdr, pc);
    struct entry e;
    if (!fde || !parse_fde(fde, &e) || pc < e.start || pc >= e.end)
        return RULE_NO_TABLE;
    if (e.is_signal)
        return RULE_SIGNAL;
    struct row initial = {.cfa_kind = CFA_OTHER}, row;
    run(e.initial, &e, pc, &initial, NULL);
    row = initial;
    run(e.program, &e, pc, &row, &initial);
    return rule_of(&row);
}
