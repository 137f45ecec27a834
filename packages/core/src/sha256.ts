/** SHA-256 of the UTF-8 text as 64 hexadecimal digits, given by the platform. */
export type Sha256 = (text: string) => string;
