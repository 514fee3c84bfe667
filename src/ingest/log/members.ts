/** Who shares the partitions of a topic within one group, in the order of joining. */
export class Members {
  readonly #groups = new Map<string, Member[]>()
  readonly #onChange: (topic: string) => void

  constructor(onChange: (topic: string) => void) {
    this.#onChange = onChange
  }

  join(group: string, topic: string): Member {
    const name = JSON.stringify([group, topic])
    const leave = (member: Member) => {
      const rest = (this.#groups.get(name) ?? []).filter((each) => each !== member)
      if (rest.length > 0) this.#groups.set(name, rest)
      else this.#groups.delete(name)
      this.#onChange(topic)
    }
    const owns = (member: Member, partition: number) => {
      const all = this.#groups.get(name) ?? []
      return all[partition % all.length] === member
    }
    const member = new Member(owns, leave)
    this.#groups.set(name, [...(this.#groups.get(name) ?? []), member])
    this.#onChange(topic)
    return member
  }
}

export class Member {
  readonly #owns: (member: Member, partition: number) => boolean
  readonly #leave: (member: Member) => void

  constructor(owns: (member: Member, partition: number) => boolean, leave: (member: Member) => void) {
    this.#owns = owns
    this.#leave = leave
  }

  /** Whether the partition is this member's now; every join and leave may change it. */
  owns(partition: number): boolean {
    return this.#owns(this, partition)
  }

  leave(): void {
    this.#leave(this)
  }
}
